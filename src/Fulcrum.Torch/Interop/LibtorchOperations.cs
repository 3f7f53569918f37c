using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Interop;

/// <summary>Operations of libtorch that TorchSharp does not expose, through libtorch's stable C interface (its names
/// begin with <c>aoti_torch</c>).</summary>
/// <remarks>A handle of that interface is what TorchSharp keeps in a tensor. If libtorch lacks a function, or the
/// function's result differs from the ordinary operation's, callers use their reference implementation. See
/// docs/decisions/0007-kernels.md.</remarks>
internal static unsafe class LibtorchOperations
{
    private static readonly delegate* unmanaged<
        IntPtr,
        IntPtr,
        IntPtr*,
        byte*,
        double**,
        long,
        byte**,
        IntPtr*,
        int> linear;
    private static readonly delegate* unmanaged<
        IntPtr,
        IntPtr,
        IntPtr,
        double,
        int,
        IntPtr*,
        double*,
        IntPtr*,
        IntPtr*,
        int> attention;
    private static readonly delegate* unmanaged<
        IntPtr,
        IntPtr,
        IntPtr,
        IntPtr,
        IntPtr,
        IntPtr,
        double,
        int,
        IntPtr*,
        double*,
        IntPtr*,
        IntPtr*,
        IntPtr*,
        int> attentionBackward;

    static LibtorchOperations()
    {
        if (
            Libtorch.Loaded.TryGetValue(LibtorchNames.Cpu, out string? path)
            && NativeLibrary.TryLoad(path, out IntPtr library)
        )
        {
            const string Attention = "aoti_torch_cpu__scaled_dot_product_flash_attention_for_cpu";
            linear = (delegate* unmanaged<IntPtr, IntPtr, IntPtr*, byte*, double**, long, byte**, IntPtr*, int>)Export(
                library,
                "aoti_torch_cpu__linear_pointwise"
            );
            attention = (delegate* unmanaged<
                IntPtr,
                IntPtr,
                IntPtr,
                double,
                int,
                IntPtr*,
                double*,
                IntPtr*,
                IntPtr*,
                int>)Export(library, Attention);
            attentionBackward = (delegate* unmanaged<
                IntPtr,
                IntPtr,
                IntPtr,
                IntPtr,
                IntPtr,
                IntPtr,
                double,
                int,
                IntPtr*,
                double*,
                IntPtr*,
                IntPtr*,
                IntPtr*,
                int>)Export(library, Attention + "_backward");
        }

        // MKL, which the ordinary operation uses, has 512-bit code for Intel processors only and is slow with few
        // rows. oneDNN generates code for the processor at hand.
        MultipliesByOneDnn = linear is not null && Avx2.IsSupported && MultipliesAsThePlainOperation();
    }

    /// <summary>Float32 matmuls with weights use oneDNN. Only the processor decides, so that runs are reproducible
    /// bit for bit.</summary>
    public static bool MultipliesByOneDnn { get; }

    /// <summary>libtorch has flash attention, which keeps no score matrix and returns the log-sum-exp of each
    /// row.</summary>
    public static bool HasAttention => attention is not null && attentionBackward is not null;

    /// <summary>Attention without a matrix of scores in memory (arXiv:2205.14135), on the CPU.</summary>
    /// <param name="query">[B, H, N, headDim]; the last dimension contiguous, as in keys and values.</param>
    /// <param name="key">[B, H, M, headDim]; a dimension may have stride 0.</param>
    /// <param name="mask">Float32, added to the scores, [B or 1, H or 1, N or 1, M]; null for none.</param>
    /// <returns>[B, H, N, headDim], and log Σ exp(score), [B, H, N], float32.</returns>
    public static (Tensor Output, Tensor LogSum) Attention(
        Tensor query,
        Tensor key,
        Tensor value,
        Tensor? mask,
        bool causal,
        double scale
    )
    {
        IntPtr hidden = mask?.Handle ?? IntPtr.Zero,
            output,
            sum;
        Check(
            attention(
                query.Handle,
                key.Handle,
                value.Handle,
                0,
                causal ? 1 : 0,
                mask is null ? null : &hidden,
                &scale,
                &output,
                &sum
            ),
            "attention"
        );
        GC.KeepAlive(mask);
        return (Tensor.UnsafeCreateTensor(output), Tensor.UnsafeCreateTensor(sum));
    }

    /// <summary>Gradients of <see cref="Attention"/>; given the output and log-sum-exp over all keys, they are exact
    /// for a part of the keys.</summary>
    public static (Tensor Query, Tensor Key, Tensor Value) AttentionBackward(
        Tensor gradient,
        Tensor query,
        Tensor key,
        Tensor value,
        Tensor output,
        Tensor sum,
        Tensor? mask,
        bool causal,
        double scale
    )
    {
        IntPtr hidden = mask?.Handle ?? IntPtr.Zero,
            q,
            k,
            v;
        Check(
            attentionBackward(
                gradient.Handle,
                query.Handle,
                key.Handle,
                value.Handle,
                output.Handle,
                sum.Handle,
                0,
                causal ? 1 : 0,
                mask is null ? null : &hidden,
                &scale,
                &q,
                &k,
                &v
            ),
            "attention backward"
        );
        GC.KeepAlive(mask);
        return (Tensor.UnsafeCreateTensor(q), Tensor.UnsafeCreateTensor(k), Tensor.UnsafeCreateTensor(v));
    }

    /// <summary>input · weightᵀ + bias by oneDNN; records nothing for gradients.</summary>
    /// <param name="input">[..., in]</param>
    /// <param name="weight">[out, in]; fastest where <c>weight.t()</c> is contiguous.</param>
    /// <param name="bias">[out]; null for none.</param>
    public static Tensor Linear(Tensor input, Tensor weight, Tensor? bias)
    {
        IntPtr added = bias?.Handle ?? IntPtr.Zero,
            product;
        fixed (byte* none = "none"u8)
        {
            Check(
                linear(input.Handle, weight.Handle, bias is null ? null : &added, none, null, 0, null, &product),
                "linear"
            );
        }

        GC.KeepAlive(bias);
        return Tensor.UnsafeCreateTensor(product);
    }

    private static void* Export(IntPtr library, string name) =>
        NativeLibrary.TryGetExport(library, name, out IntPtr address) ? (void*)address : null;

    private static void Check(int status, string what)
    {
        if (status != 0)
        {
            throw new FulcrumException($"the native operation '{what}' failed; the library's own message stands above");
        }
    }

    private static bool MultipliesAsThePlainOperation()
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable frozen = no_grad();
        Tensor input = arange(12 * 32, dtype: ScalarType.Float32).view(12, 32).sin(),
            weight = arange(32 * 48, dtype: ScalarType.Float32).view(32, 48).cos().t(),
            bias = arange(48, dtype: ScalarType.Float32);
        try
        {
            return (Linear(input, weight, bias) - nn.functional.linear(input, weight, bias)).abs().max().ToSingle()
                < 1e-4;
        }
        catch (FulcrumException)
        {
            return false;
        }
    }
}
