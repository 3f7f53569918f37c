using System.Diagnostics;
using System.Runtime.InteropServices;
using LLama.Native;

namespace Fulcrum.Llama.Worker;

/// <summary>llama.cpp through LLamaSharp. This is the only file that uses its API, which changes with every version of
/// llama.cpp.</summary>
/// <remarks>For a worker process only, because a damaged file may end the process.</remarks>
internal sealed unsafe class LlamaNative : ILlamaContext
{
    // The largest number of float32 attention scores (cells x tokens x heads) of a micro-batch: 128 MiB.
    private const long LargestScores = 1 << 25;
    private const int MostErrors = 16;
    private static readonly List<string> Errors = [];
    private readonly SafeLlamaModelHandle model;
    private readonly int threads;
    private readonly LLamaBatch batch = new();
    private SafeLLamaContextHandle? context;

    private LlamaNative(SafeLlamaModelHandle model, int threads)
    {
        (this.model, this.threads) = (model, threads);
    }

    /// <summary>Number of tokens of the vocabulary.</summary>
    public int VocabularySize => model.Vocab.Count;

    /// <summary>Version, backends and instruction sets of llama.cpp.</summary>
    public static string Description =>
        $"llama.cpp, ggml {GgmlText("ggml_version")} ({GgmlText("ggml_commit")}); "
        + $"{Marshal.PtrToStringUTF8(NativeApi.llama_print_system_info())?.Trim()}";

    /// <summary>Whether the backend can put layers on a GPU.</summary>
    public static bool Accelerator => NativeApi.llama_supports_gpu_offload();

    /// <summary>Loads the native library, and redirects its log from the standard streams.</summary>
    /// <exception cref="FulcrumException">The library is missing or not compatible with this system.</exception>
    public static void Start()
    {
        try
        {
            NativeLibraryConfig.All.WithLogCallback(Log);
            NativeApi.llama_empty_call();
        }
        catch (Exception e)
            when (e is TypeInitializationException or DllNotFoundException or LLama.Exceptions.RuntimeError)
        {
            throw new FulcrumException(
                $"llama.cpp cannot be loaded: {(e.InnerException ?? e).Message} The package "
                    + "LLamaSharp.Backend.Cpu holds it; its Linux build needs GLIBC 2.34 and libgomp1.",
                e
            );
        }
    }

    /// <summary>Loads a model.</summary>
    /// <param name="accelerator">Whether to put the layers on a GPU, if the backend has one.</param>
    /// <exception cref="FulcrumException">llama.cpp refuses the file. The message has its reason.</exception>
    public static LlamaNative Open(string path, int threads, bool accelerator)
    {
        LLamaModelParams p = LLamaModelParams.Default();
        p.check_tensors = true;
        p.n_gpu_layers = accelerator ? int.MaxValue : 0;
        p.load_mode = LLamaLoadMode.None;
        lock (Errors)
        {
            Errors.Clear();
        }

        try
        {
            SafeLlamaModelHandle model = SafeLlamaModelHandle.LoadFromFile(path, p);
            return model.IsRecurrent || model.HasEncoder
                ? throw new FulcrumException(
                    $"the architecture of {path} is not a decoder with a KV cache, which is not supported"
                )
                : new LlamaNative(model, threads);
        }
        catch (LLama.Exceptions.LoadWeightsFailedException e)
        {
            throw new FulcrumException($"llama.cpp refuses the file{Reason()}", e);
        }
    }

    /// <inheritdoc/>
    public void Allocate(CacheSizes sizes)
    {
        context?.Dispose();
        LLamaContextParams p = LLamaContextParams.Default();
        long perToken = sizes.Cells * (long)Math.Max(1, model.HeadCount);
        p.n_ctx = (uint)sizes.Cells;
        p.n_batch = (uint)sizes.Batch;
        p.n_ubatch = (uint)Math.Clamp(LargestScores / perToken, 16, Math.Min(sizes.Batch, 512));
        p.n_seq_max = ILlamaContext.MostSequences;
        p.n_outputs_max = (uint)sizes.Rows;
        (p.n_threads, p.n_threads_batch) = (threads, threads);
        (p.type_k, p.type_v) = (GGMLType.GGML_TYPE_F32, GGMLType.GGML_TYPE_F32);
        p.llama_flash_attn_type = LLamaFlashAttentionType.LLAMA_FLASH_ATTENTION_TYPE_DISABLED;
        (p.kv_unified, p.swa_full, p.no_perf) = (true, true, true);
        context = SafeLLamaContextHandle.Create(model, p);
        if (context.IsInvalid)
        {
            context = null;
            throw new FulcrumException(
                $"llama.cpp cannot make a KV cache of {sizes.Cells} tokens{Reason()}; "
                    + "the machine may have too little free memory"
            );
        }
    }

    /// <inheritdoc/>
    public void Clear() => Context.MemoryClear();

    /// <inheritdoc/>
    public void Share(int from, int to, int length) =>
        Context.MemorySequenceCopy((LLamaSeqId)from, (LLamaSeqId)to, 0, length);

    /// <inheritdoc/>
    public void Remove(int sequence) => Context.MemorySequenceRemove((LLamaSeqId)sequence, -1, -1);

    /// <inheritdoc/>
    public IReadOnlyList<TokenAnswer> Decode(IReadOnlyList<BatchToken> tokens)
    {
        batch.Clear();
        foreach (BatchToken token in tokens)
        {
            batch.Add(
                token.Id,
                token.Position,
                MemoryMarshal.Cast<int, LLamaSeqId>(token.Sequences),
                token.Question is not null
            );
        }

        DecodeResult result = Context.Decode(batch);
        if (result != DecodeResult.Ok)
        {
            throw new FulcrumException(
                $"llama.cpp cannot compute a batch of {tokens.Count} tokens ({result}){Reason()}"
            );
        }

        List<TokenAnswer> answers = [];
        for (int i = 0; i < tokens.Count; i++)
        {
            if (tokens[i].Question is { } question)
            {
                answers.Add(TokenAnswer.From(Context.GetLogitsIth(i), question));
            }
        }

        return answers;
    }

    /// <summary>Tokenises a text with llama.cpp's tokenizer. Special tokens in the text are recognised.</summary>
    public int[] Tokenize(string text, bool addSpecial) =>
        [.. model.Tokenize(text, addSpecial, special: true, System.Text.Encoding.UTF8).Select(t => (int)t)];

    /// <summary>Quantises a file by llama.cpp's quantiser.</summary>
    /// <param name="type">llama.cpp's number of the recipe (<c>llama_ftype</c>).</param>
    /// <exception cref="FulcrumException">llama.cpp refuses. The message has its reason.</exception>
    public static void Quantize(string source, string target, int type, int threads)
    {
        LLamaModelQuantizeParams p = LLamaModelQuantizeParams.Default();
        (p.ftype, p.nthread, p.quantize_output_tensor) = ((LLamaFtype)type, threads, true);
        if (NativeApi.llama_model_quantize(source, target, ref p) != 0)
        {
            throw new FulcrumException($"llama.cpp's quantiser refuses {source}{Reason()}");
        }
    }

    /// <summary>Dequantises rows.</summary>
    /// <param name="type">ggml's name of the type in lower case (<c>q4_K</c>).</param>
    /// <exception cref="FulcrumException">ggml cannot dequantise this type.</exception>
    public static void Dequantize(string type, ReadOnlySpan<byte> rows, Span<float> values)
    {
        if (!NativeLibrary.TryGetExport(Ggml.Value, $"dequantize_row_{type}", out IntPtr function))
        {
            throw new FulcrumException($"ggml cannot dequantise {type}");
        }

        fixed (byte* from = rows)
        fixed (float* to = values)
        {
            ((delegate* unmanaged[Cdecl]<byte*, float*, long, void>)function)(from, to, values.Length);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        context?.Dispose();
        model.Dispose();
    }

    private static readonly Lazy<IntPtr> Ggml = new(() =>
    {
        using Process self = Process.GetCurrentProcess();
        string? path = self
            .Modules.Cast<ProcessModule>()
            .Select(m => m.FileName)
            .FirstOrDefault(f => Path.GetFileName(f).Contains("ggml-base", StringComparison.Ordinal));
        return NativeLibrary.Load(path ?? throw new FulcrumException("the library ggml-base is not loaded"));
    });

    private SafeLLamaContextHandle Context =>
        context ?? throw new InvalidOperationException("the KV cache was not allocated");

    private static string GgmlText(string function) =>
        NativeLibrary.TryGetExport(Ggml.Value, function, out IntPtr address)
            ? Marshal.PtrToStringUTF8(((delegate* unmanaged[Cdecl]<IntPtr>)address)()) ?? ""
            : "unknown";

    private static void Log(LLamaLogLevel level, string message)
    {
        if (level is LLamaLogLevel.Error or LLamaLogLevel.Warning)
        {
            lock (Errors)
            {
                // Only the first is read, and a worker may run for days.
                if (Errors.Count < MostErrors)
                {
                    Errors.Add(message.Trim());
                }
            }
        }
    }

    // Only the first error in the log is the cause. Later ones are its consequences.
    private static string Reason()
    {
        lock (Errors)
        {
            string? first = Errors.FirstOrDefault(e => e.Length > 0);
            Errors.Clear();
            return first is null ? "" : $": {(first.Length > 200 ? first[..200] : first).ReplaceLineEndings(" ")}";
        }
    }
}
