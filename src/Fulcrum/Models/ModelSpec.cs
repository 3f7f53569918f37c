namespace Fulcrum.Models;

/// <summary>The location of a model.</summary>
public abstract record ModelSource
{
    /// <summary>A folder in Hugging Face format; opened by the engine <c>torch</c>.</summary>
    public sealed record Folder(string Path) : ModelSource;

    /// <summary>A GGUF file; opened by the engine <c>llama</c>.</summary>
    /// <param name="TokenizerFolder">A folder whose tokenizer is used; null: the vocabulary of the file.</param>
    public sealed record Gguf(string File, string? TokenizerFolder = null) : ModelSource;

    /// <summary>An OpenAI-compatible server; opened by the engine <c>endpoint</c>.</summary>
    /// <param name="Served">The server's name of the model.</param>
    /// <param name="TokenizerFolder">A folder with the tokenizer of the served model; null: prompts are sent as
    /// text.</param>
    /// <param name="ApiKeyVariable">The environment variable with the key; null: no key is sent.</param>
    /// <param name="Concurrency">The largest number of concurrent requests.</param>
    public sealed record Endpoint(
        string Url,
        string Served,
        string? TokenizerFolder = null,
        string? ApiKeyVariable = null,
        int Concurrency = 4
    ) : ModelSource;
}

/// <summary>A model and the numeric form in which it computes.</summary>
/// <param name="Device"><c>auto</c>, <c>cpu</c> or <c>cuda[:N]</c>.</param>
/// <param name="Threads">The number of threads; null: the number of available cores.</param>
/// <param name="FollowLinks">Whether symbolic links out of a model folder are followed.</param>
/// <param name="Adapter">The adapter; null: none.</param>
public sealed record ModelSpec(
    ModelSource Source,
    Dtype Dtype = Dtype.Auto,
    Quantization Quantization = Quantization.None,
    string Device = "auto",
    int? Threads = null,
    bool FollowLinks = true,
    AppliedAdapter? Adapter = null
)
{
    /// <summary>The folder of a model in Hugging Face format.</summary>
    /// <exception cref="InputException">The model is a GGUF file or a server.</exception>
    public string Folder =>
        Source switch
        {
            ModelSource.Folder folder => folder.Path,
            ModelSource.Gguf gguf => throw new InputException($"{gguf.File} is a GGUF file; name a model folder here"),
            _ => throw new InputException("the model is on a server; name a model folder here"),
        };

    /// <summary>Returns the model in a folder.</summary>
    public static ModelSpec InFolder(
        string folder,
        Dtype dtype = Dtype.Auto,
        Quantization quantization = Quantization.None,
        string device = "auto",
        int? threads = null
    ) => new(new ModelSource.Folder(folder), dtype, quantization, device, threads);
}

/// <summary>An adapter and how it is applied.</summary>
/// <param name="Folder">A folder in PEFT's format.</param>
/// <param name="Lambda">How much of it is applied: 1 as trained, 0 the base.</param>
public sealed record AppliedAdapter(string Folder, double Lambda = 1, ServingForm Form = ServingForm.Attached);
