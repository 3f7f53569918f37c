using System.CommandLine;
using Fulcrum.Models;
using Fulcrum.Studies;
using Fulcrum.Torch;

namespace Fulcrum.Cli;

/// <summary>The options that choose a model and the form in which it computes; the same for every verb that has
/// them.</summary>
internal sealed class ModelOptions
{
    private readonly Option<string> model = new("--model")
    {
        Description = "A model folder in Hugging Face format.",
        Required = true,
    };
    private readonly Option<string?> adapter = new("--adapter")
    {
        Description = "A LoRA adapter folder in PEFT's format.",
    };
    private readonly Option<double> scale = new("--adapter-scale")
    {
        Description = "How much of the adapter: 1 as trained, 0 the base.",
        DefaultValueFactory = _ => 1,
    };
    private readonly Option<string> dtype = OneOf(
        "--dtype",
        "The type that the model computes in:",
        "auto",
        "f32",
        "bf16",
        "f16"
    );
    private readonly Option<string> quantization = OneOf(
        "--quantization",
        "Keep the projections' weights in 4 bits:",
        "none",
        "nf4",
        "nf4-double"
    );
    private readonly Option<string> device = new("--device")
    {
        Description = "auto, cpu or cuda[:N].",
        DefaultValueFactory = _ => "auto",
    };
    private readonly Option<int?> threads = new("--threads")
    {
        Description = "Threads of the native library; all available cores when not given.",
    };

    /// <summary>Adds the options to a verb.</summary>
    public void AddTo(Command verb)
    {
        scale.Validators.Add(r =>
        {
            if (!double.IsFinite(r.GetValueOrDefault<double>()))
            {
                r.AddError("--adapter-scale must be a number");
            }
        });
        foreach (Option option in (Option[])[model, adapter, scale, dtype, quantization, device, threads])
        {
            verb.Add(option);
        }
    }

    /// <summary>The model that the command line names.</summary>
    /// <exception cref="InputException">There is no such folder: said before anything is measured or
    /// loaded.</exception>
    public ModelPlan Model(ParseResult parsed) =>
        new(
            Folder("--model", parsed.GetRequiredValue(model)),
            parsed.GetRequiredValue(dtype),
            parsed.GetRequiredValue(quantization),
            parsed.GetRequiredValue(device),
            parsed.GetValue(threads)
        );

    /// <summary>Loads the model that the command line names, with its adapter; warnings go to standard error.</summary>
    public ILanguageModel Load(ParseResult parsed)
    {
        ModelPlan plan = Resolved(parsed);
        if (!parsed.GetValue(Verbs.Quiet))
        {
            Console.Error.WriteLine($"fulcrum: {plan.Folder} in {plan.Dtype} on {plan.Device}");
        }

        return Runtime.Load(plan, Adapter(parsed) is { } folder ? new Serving(folder, Scale(parsed)) : null);
    }

    /// <summary>Computes; its warnings, and what <c>auto</c> came to, go to standard error.</summary>
    public static TorchRuntime Runtime { get; } =
        new(
            warning => Console.Error.WriteLine($"fulcrum: warning: {warning}"),
            said => Console.Error.WriteLine($"fulcrum: {said}")
        );

    /// <summary>What answers depend on: the model's and the adapter's files by size and time, and the form in which
    /// they compute.</summary>
    public string Fingerprint(ParseResult parsed)
    {
        string[] folders = [Model(parsed).Folder, .. Adapter(parsed) is { } a ? [a] : Array.Empty<string>()];
        IEnumerable<string> files = folders
            .SelectMany(Directory.EnumerateFiles)
            .Select(f => new FileInfo(f))
            .OrderBy(f => f.FullName, StringComparer.Ordinal)
            .Select(f => $"{f.FullName} {f.Length} {f.LastWriteTimeUtc.Ticks}");
        return string.Join('\n', [$"{Resolved(parsed) with { Threads = null }} {Scale(parsed)}", .. files]);
    }

    // Decided once, and told once.
    private ModelPlan Resolved(ParseResult parsed) => resolved ??= Runtime.Resolve(Model(parsed));

    private ModelPlan? resolved;

    /// <summary>The adapter that the command line names; null for none.</summary>
    public string? Adapter(ParseResult parsed) =>
        parsed.GetValue(adapter) is { } named ? Folder("--adapter", named) : null;

    /// <summary>The adapter's scale.</summary>
    public double Scale(ParseResult parsed) => parsed.GetValue(scale);

    private static string Folder(string option, string named) =>
        Directory.Exists(named) ? named : throw new InputException($"{option}: there is no folder {named}");

    private static Option<string> OneOf(string name, string description, params string[] values)
    {
        Option<string> option = new(name)
        {
            Description = $"{description} {string.Join(", ", values)}.",
            DefaultValueFactory = _ => values[0],
        };
        option.AcceptOnlyFromAmong(values);
        return option;
    }
}
