using System.Runtime.Intrinsics.X86;
using Fulcrum.Files;
using Fulcrum.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Interop;

/// <summary>Devices and number types by their names in a study.</summary>
internal static class Hardware
{
    /// <summary>The processor multiplies tiles of bfloat16 (AMX): leaf 7 of its description, register EDX, bit
    /// 22.</summary>
    public static bool MultipliesTiles { get; } = X86Base.IsSupported && (X86Base.CpuId(7, 0).Edx & (1 << 22)) != 0;

    /// <summary>libtorch multiplies bfloat16 faster than float32 here: with AMX, and with AVX512-BF16 on processors
    /// that are not Intel's. On Intel's its matmul of bfloat16 reaches half the rate of float32 without
    /// AMX.</summary>
    public static bool MultipliesBfloat16 { get; } =
        MultipliesTiles || (X86Base.IsSupported && !IsIntel() && (X86Base.CpuId(7, 1).Eax & (1 << 5)) != 0);

    /// <summary>The device that a plan names.</summary>
    public static Device DeviceOf(string name)
    {
        string[] parts = name.Split(':');
        int index = 0;
        return (
            parts,
            parts.Length == 1 || (parts.Length == 2 && int.TryParse(parts[1], out index) && index >= 0)
        ) switch
        {
            (["cpu"], _) => CPU,
            (["cuda", ..], true) when cuda.is_available() && index < cuda.device_count() => device(
                DeviceType.CUDA,
                index
            ),
            (["cuda", ..], true) => throw new InputException(
                $"device {name} is not there: the native library in use "
                    + $"sees {(cuda.is_available() ? cuda.device_count() : 0)} CUDA devices; fulcrum doctor says more"
            ),
            _ => throw new InputException($"unknown device '{name}'; known are auto, cpu, cuda, cuda:N"),
        };
    }

    // The name of the vendor begins in register EBX of leaf 0: "Genu", of GenuineIntel.
    private static bool IsIntel() => X86Base.CpuId(0, 0).Ebx == 0x756E6547;

    /// <summary>Returns libtorch's type of what is computed between the matmuls.</summary>
    public static ScalarType DtypeOf(Dtype dtype) =>
        dtype switch
        {
            Dtype.F32 or Dtype.Int8 => ScalarType.Float32,
            Dtype.Bf16 => ScalarType.BFloat16,
            Dtype.F16 => ScalarType.Float16,
            _ => throw new ArgumentOutOfRangeException(nameof(dtype), dtype, "the type must be resolved first"),
        };

    /// <summary>Returns what the system says of its first processor; null if it says nothing.</summary>
    /// <param name="field">Such as <c>model name</c> or <c>flags</c>.</param>
    public static string? Processor(string field) =>
        !File.Exists("/proc/cpuinfo")
            ? field == "model name"
                ? Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER") // Windows
                : null
            : BoundedFile
                .ReadLines("/proc/cpuinfo")
                .FirstOrDefault(l => l.StartsWith(field, StringComparison.Ordinal))
                ?.Split(':', 2)[1]
                .Trim();
}
