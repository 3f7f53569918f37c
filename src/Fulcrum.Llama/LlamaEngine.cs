using System.Runtime.InteropServices;
using Fulcrum.Files;
using Fulcrum.Llama.Gguf;
using Fulcrum.Llama.Worker;
using Fulcrum.Models;
using LLama.Native;

namespace Fulcrum.Llama;

/// <summary>Opens GGUF files with llama.cpp in a worker process.</summary>
public sealed class LlamaEngine : IEngine
{
    private readonly Lazy<(string Description, bool Accelerator)> native = new(() =>
    {
        using LlamaWorkerProcess worker = LlamaWorkerProcess.Start();
        return (worker.Description, worker.Accelerator);
    });

    /// <summary>Version, backends and instruction sets of llama.cpp on this machine.</summary>
    /// <exception cref="FulcrumException">llama.cpp cannot be loaded.</exception>
    public string Description => native.Value.Description;

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Environment =>
        new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["fulcrum"] = typeof(LlamaEngine).Assembly.GetName().Version?.ToString(3) ?? "",
            [".net"] = System.Environment.Version.ToString(),
            ["llamasharp"] = typeof(NativeApi).Assembly.GetName().Version?.ToString(3) ?? "",
            ["llama.cpp"] = Description,
            ["system"] = RuntimeInformation.OSDescription,
            ["cores"] = $"{System.Environment.ProcessorCount}",
        };

    /// <inheritdoc/>
    public bool Opens(ModelSource source) => source is ModelSource.Gguf;

    /// <inheritdoc/>
    /// <remarks>A GGUF file has its own numeric form, so dtype and quantisation cannot be chosen.</remarks>
    public ModelSpec Resolve(ModelSpec model)
    {
        string file = FileOf(model);
        if (model.Adapter is not null)
        {
            throw new InputException(
                $"{file}: an adapter cannot be put on a GGUF file; merge it first: "
                    + "fulcrum export --model BASE --adapter ADAPTER --to FILE.gguf"
            );
        }

        if (model.Dtype is not (Dtype.Auto or Dtype.F32) || model.Quantization != Quantization.None)
        {
            throw new InputException(
                $"{file}: a GGUF file has its own numeric form; leave the dtype and the quantisation away"
            );
        }

        string device = model.Device == "auto" ? (native.Value.Accelerator ? "cuda" : "cpu") : model.Device;
        return device == "cpu" || native.Value.Accelerator
            ? model with
            {
                Dtype = Dtype.F32,
                Device = device,
                Threads = model.Threads ?? System.Environment.ProcessorCount,
            }
            : throw new InputException(
                $"device {device}: llama.cpp here runs on the CPU only; fulcrum doctor says which backend is used"
            );
    }

    /// <inheritdoc/>
    public string DigestOf(ModelSpec model) =>
        model.Source is ModelSource.Gguf { TokenizerFolder: { } folder } source
            ? Sha256.OfTexts(RememberedDigest.Of(source.File), GgufTexts.DigestOf(folder))
            : RememberedDigest.Of(FileOf(model));

    /// <inheritdoc/>
    public PromptEncoding LoadEncoding(ModelSpec model) =>
        model.Source is ModelSource.Gguf source
            ? GgufTexts.Encoding(source)
            : throw new InputException($"{model.Source} is no GGUF file");

    /// <inheritdoc/>
    public void Check(ModelSpec model)
    {
        _ = GgufModel.Read(FileOf(model));
        _ = LoadEncoding(model);
    }

    int? IEngine.ContextLengthOf(ModelSpec model) => GgufModel.Read(FileOf(model)).ContextLength;

    /// <inheritdoc/>
    public ILanguageModel Open(ModelSpec model)
    {
        ModelSpec resolved = Resolve(model);
        string file = FileOf(resolved);
        GgufModel header = GgufModel.Read(file);
        LlamaWorkerProcess worker = LlamaWorkerProcess.Start();
        try
        {
            int vocabulary = worker.Open(file, resolved.Threads!.Value, resolved.Device != "cpu");
            return vocabulary == header.VocabularySize
                ? new LlamaLanguageModel(worker, header)
                : throw new InputException(
                    $"{file}: llama.cpp reads a vocabulary of {vocabulary} tokens, "
                        + $"the header names {header.VocabularySize}"
                );
        }
        catch
        {
            worker.Dispose();
            throw;
        }
    }

    private static string FileOf(ModelSpec model) =>
        model.Source is ModelSource.Gguf source
            ? source.File
            : throw new InputException($"{model.Source} is no GGUF file");
}
