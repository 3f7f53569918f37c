using System.CommandLine;
using Fulcrum.Data;
using Fulcrum.Models;

namespace Fulcrum.Cli;

/// <summary>The options that choose a model and the form in which it computes; the same for every verb that has
/// them.</summary>
internal sealed class ModelOptions
{
    private readonly Option<string?> model = new("--model")
    {
        Description =
            "A model folder in Hugging Face format, a GGUF file, or ORG/NAME[@REVISION][/FILE.gguf] on the hub.",
    };
    private readonly Option<string?> adapter = new("--adapter")
    {
        Description = "A LoRA adapter folder in PEFT's format, or ORG/NAME[@REVISION] on the hub.",
    };
    private readonly Option<double> lambda = new("--lambda", "--adapter-scale")
    {
        Description = "How much of the adapter is applied: 1 as trained, 0 the base.",
        DefaultValueFactory = _ => 1,
    };
    private readonly Option<Dtype> dtype = EnumOption.Of<Dtype>("--dtype", "The type that the model computes in:");
    private readonly Option<Quantization> quantization = EnumOption.Of<Quantization>(
        "--quantization",
        "How the weights of the projections are stored:"
    );
    private readonly Option<string> device = new("--device")
    {
        Description = "auto, cpu or cuda[:N].",
        DefaultValueFactory = _ => "auto",
    };
    private readonly Option<int?> threads = CountOption.Threads();
    private readonly EndpointOptions server = new();

    private readonly Option<bool> noLinks = NoLinks();

    /// <summary>The option that refuses links in model folders.</summary>
    public static Option<bool> NoLinks() =>
        new("--no-links")
        {
            Description = "Refuse a model folder with links in it; those of the hub's cache are followed.",
        };

    /// <summary>Adds the options to a verb.</summary>
    /// <param name="servers">Whether the verb also takes models on servers.</param>
    public void AddTo(Command verb, bool servers = false)
    {
        model.Required = !servers;
        if (servers)
        {
            server.AddTo(verb);
        }

        lambda.Validators.Add(r =>
        {
            if (!double.IsFinite(r.GetValueOrDefault<double>()))
            {
                r.AddError("--lambda must be a number");
            }
        });
        foreach (Option option in (Option[])[model, adapter, lambda, dtype, quantization, device, threads, noLinks])
        {
            verb.Add(option);
        }
    }

    /// <summary>Returns the model that the command line names, with its adapter.</summary>
    /// <exception cref="InputException">There is no such folder, and no such name on the hub: reported before anything
    /// is measured or loaded.</exception>
    public ModelSpec Model(ParseResult parsed) =>
        named ??= new ModelSpec(
            Source(parsed),
            parsed.GetValue(dtype),
            parsed.GetValue(quantization),
            parsed.GetRequiredValue(device),
            parsed.GetValue(threads),
            FollowLinks: !parsed.GetValue(noLinks),
            Adapter: parsed.GetValue(adapter) is { } folder
                ? new AppliedAdapter(HubAccess.Place(parsed, "--adapter", folder), parsed.GetValue(lambda))
                : null
        );

    /// <summary>Returns whether the command line names a model.</summary>
    public bool IsNamed(ParseResult parsed) => parsed.GetValue(model) is not null;

    /// <summary>Returns the model as the command line names it; empty if it names none.</summary>
    public string Name(ParseResult parsed) => parsed.GetValue(model) ?? "";

    /// <summary>Reads the tokenizer and the chat template of the model that the command line names.</summary>
    public PromptEncoding Encoding(ParseResult parsed) =>
        ModelEngines.For(Model(parsed).Source).LoadEncoding(Model(parsed));

    /// <summary>Loads the model that the command line names, with its adapter. Warnings go to standard error.</summary>
    public ILanguageModel Load(ParseResult parsed)
    {
        ModelSpec spec = Resolved(parsed);
        Notices.Say(
            parsed,
            spec.Source switch
            {
                ModelSource.Endpoint at => $"{at.Served} at {at.Url}",
                ModelSource.Gguf gguf => $"{gguf.File} by llama.cpp on {spec.Device}",
                _ => $"{spec.Folder} in {EnumNames.Of(spec.Dtype)} on {spec.Device}",
            }
        );
        return ModelEngines.For(spec.Source).Open(spec);
    }

    /// <summary>Returns the tokenizer and the chat template of the model; null where texts go to a server as they are.
    /// </summary>
    public Func<TextCodec>? Texts(ParseResult parsed) =>
        Model(parsed).Source is ModelSource.Endpoint { TokenizerFolder: null }
            ? null
            : () => ModelTexts.Of(Model(parsed).Source);

    /// <summary>Returns whether completions come with a text.</summary>
    public bool HasTexts(ParseResult parsed) => ModelTexts.AreIn(Model(parsed).Source);

    /// <summary>Returns the tokens that end a completion; none if a server ends them itself.</summary>
    public IReadOnlyList<int> EndTokens(ParseResult parsed) => ModelTexts.EndTokensOf(Model(parsed).Source);

    /// <summary>What answers depend on: the model's and the adapter's files by size and time, and the form in which
    /// they compute.</summary>
    public string Fingerprint(ParseResult parsed)
    {
        ModelSpec spec = Resolved(parsed);
        if (spec.Source is ModelSource.Endpoint)
        {
            return ModelEngines.Servers.DigestOf(spec);
        }

        IEnumerable<string> files = (spec.Source is ModelSource.Gguf gguf ? [gguf.File] : FilesIn(spec.Folder))
            .Concat(spec.Adapter is { } a ? FilesIn(a.Folder) : [])
            .Select(f => new FileInfo(f))
            .OrderBy(f => f.FullName, StringComparer.Ordinal)
            .Select(f => $"{f.FullName} {f.Length} {f.LastWriteTimeUtc.Ticks}");
        return string.Join('\n', [$"{spec with { Threads = null }}", .. files]);
    }

    // Decided once, and reported once.
    private ModelSpec Resolved(ParseResult parsed) => resolved ??= Resolve(Model(parsed));

    private static ModelSpec Resolve(ModelSpec spec) => ModelEngines.For(spec.Source).Resolve(spec);

    private static IEnumerable<string> FilesIn(string folder) => Directory.EnumerateFiles(folder);

    private ModelSpec? resolved;

    // Names on the hub are looked up once.
    private ModelSpec? named;

    private ModelSource Source(ParseResult parsed) =>
        (parsed.GetValue(model), server.Source(parsed)) switch
        {
            (null, { } endpoint) => endpoint,
            ({ } path, null) => Local(HubAccess.Place(parsed, "--model", path), server.TokenizerFolder(parsed)),
            (null, null) => throw new InputException("a model is missing: name it by --model or by --endpoint"),
            _ => throw new InputException("--model and --endpoint name two models; name one"),
        };

    // A file is a GGUF file; its own check says if it is none.
    private static ModelSource Local(string path, string? tokenizer) =>
        File.Exists(path) ? new ModelSource.Gguf(path, tokenizer)
        : tokenizer is null ? new ModelSource.Folder(path)
        : throw new InputException(
            "--tokenizer belongs to a server or a GGUF file; a model folder has its own tokenizer"
        );
}
