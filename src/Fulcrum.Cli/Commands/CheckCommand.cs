using System.CommandLine;
using Fulcrum.Data.Hub;
using Fulcrum.Models;
using Fulcrum.Studies;
using Fulcrum.Tasks;
using Fulcrum.Tasks.Harness;
using Fulcrum.Tasks.Logs;
using Fulcrum.Tasks.Spider;

namespace Fulcrum.Cli.Commands;

/// <summary><c>fulcrum check</c>: candidates against their base, without a study file.</summary>
internal static class CheckCommand
{
    private static readonly Option<string> Base = new("--base")
    {
        Description =
            "The base: a model folder in Hugging Face format, a GGUF file, or ORG/NAME[@REVISION] on the hub.",
    };
    private static readonly Option<string[]> Logs = new("--logs")
    {
        Description =
            "BASE TUNED...: logs of lm-evaluation-harness (folders) or inspect_ai (files) "
            + "instead of models; --target names tasks in them.",
        AllowMultipleArgumentsPerToken = true,
    };
    private static readonly Option<string[]> Adapters = Several(
        "--adapter",
        "An adapter: a folder in PEFT's format or ORG/NAME on the hub; may be repeated."
    );
    private static readonly Option<string[]> Models = Several(
        "--model",
        "A whole model: a folder, a GGUF file or ORG/NAME on the hub; may be repeated."
    );
    private static readonly Option<string[]> Replies = Several(
        "--replies",
        "NAME:TASK=FILE: replies that somebody else's system gave, a file for each task; may be repeated."
    );
    private static readonly Option<string[]> Targets = Several(
        "--target",
        "A task for which the model was specialised: KIND, KIND=DIR, KIND=ORG/NAME, ORG/NAME, a .json file with one "
            + "task, a .yaml file of lm-evaluation-harness, or a data file; may be repeated."
    );
    private static readonly Option<string[]> General = Several(
        "--general",
        "A general task in the same form, or a preset (forgetting, core, core-small; PRESET=DIR for data "
            + "in DIR); may be repeated."
    );
    private static readonly AskingOptions Asking = new("Items of each task, drawn by the study's seed. Default: all.");
    private static readonly Option<string?> Databases = new("--databases")
    {
        Description = "Spider's databases where the questions come from the hub: a folder, or Spider's archive (.zip).",
    };
    private static readonly Option<Dtype> Type = EnumOption.Of<Dtype>("--dtype", "The type that models compute in:");
    private static readonly Option<Quantization> Weights = EnumOption.Of<Quantization>(
        "--quantization",
        "How the weights of the projections are stored:"
    );
    private static readonly Option<string> Device = new("--device")
    {
        Description = "auto, cpu or cuda[:N].",
        DefaultValueFactory = _ => "auto",
    };
    private static readonly Option<int?> Threads = CountOption.Threads();

    public static Command Create()
    {
        StudyRun run = new(describedByCommandLine: true);
        EndpointOptions server = new();
        Command verb = new(
            "check",
            "Compare adapters, models, a server or replies with their base, without a study file; writes the "
                + "study that it ran."
        )
        {
            Base,
            Logs,
            Adapters,
            Models,
            Replies,
            Targets,
            General,
            Databases,
            Type,
            Weights,
            Device,
            Threads,
        };
        Asking.AddTo(verb);
        server.AddTo(verb);
        run.AddTo(verb);
        verb.SetAction(
            (parsed, cancellation) =>
                Task.Run(
                    () =>
                    {
                        if (parsed.GetValue(Logs) is { Length: > 0 } logs)
                        {
                            return run.RunLogs(Checked(logs), parsed.GetValue(Targets) ?? [], parsed);
                        }

                        Study study = StudyOf(parsed, server);
                        string home = Directory.GetCurrentDirectory();
                        return run.Run(study, home, "the command line", parsed, cancellation);
                    },
                    CancellationToken.None
                )
        );
        return verb;
    }

    private static string[] Checked(string[] logs) =>
        logs.Length < 2 ? throw new InputException("--logs: name the log of the base and at least one other")
        : logs.FirstOrDefault(l => !OtherLogs.Is(l)) is { } other
            ? throw new InputException(
                $"--logs: {other} is neither an output folder of lm-evaluation-harness nor a log of inspect_ai"
            )
        : logs;

    private static Study StudyOf(ParseResult parsed, EndpointOptions server)
    {
        string model =
            parsed.GetValue(Base)
            ?? throw new InputException("--base: name the model that is compared, or give --logs");
        BasePlan plan = new(
            model,
            parsed.GetValue(Type),
            parsed.GetValue(Weights),
            parsed.GetRequiredValue(Device),
            parsed.GetValue(Threads)
        );
        return new Study(plan, TasksOf(parsed), Candidates(parsed, server), Name: "check", General: PresetOf(parsed));
    }

    private static GeneralPlan? PresetOf(ParseResult parsed)
    {
        string[] named = parsed.GetValue(General) ?? [];
        GeneralPlan[] presets = [.. named.Select(TaskReference.Preset).OfType<GeneralPlan>()];
        return presets.Length <= 1
            ? presets.FirstOrDefault()
            : throw new InputException($"--general: {presets.Length} presets are named; name one at most");
    }

    private static Dictionary<string, TaskPlan> TasksOf(ParseResult parsed)
    {
        // Names on the hub are looked up with those of the models.
        TaskReference references = new(hub: null);
        TaskPlan[] targets = [.. (parsed.GetValue(Targets) ?? []).Select(references.Plan)],
            general = [.. (parsed.GetValue(General) ?? []).SelectMany(references.Plans)],
            asked = [.. Asking.Changed(parsed, [.. targets, .. general])];
        if (targets.Length == 0)
        {
            throw new InputException("--target: name at least one task for which the candidates were specialised");
        }

        int? items = parsed.GetValue(Asking.Items);
        Dictionary<string, TaskPlan> tasks = new(StringComparer.Ordinal);
        Add(tasks, asked[..targets.Length], TaskRole.Target, items, parsed.GetValue(Databases));
        Add(tasks, asked[targets.Length..], TaskRole.General, items, parsed.GetValue(Databases));
        return tasks;
    }

    private static void Add(
        Dictionary<string, TaskPlan> tasks,
        TaskPlan[] plans,
        TaskRole role,
        int? items,
        string? databases
    )
    {
        foreach (TaskPlan plan in plans)
        {
            TaskPlan task = plan with { Role = role, Items = items ?? plan.Items };
            if (task is SpiderPlan spider && databases is not null)
            {
                task = spider with { Databases = databases };
            }

            if (!tasks.TryAdd(plan.Name, task))
            {
                throw new InputException(
                    $"two tasks are called {plan.Name}; give one of them another name in a task file"
                );
            }
        }
    }

    private static Dictionary<string, CandidatePlan> Candidates(ParseResult parsed, EndpointOptions server)
    {
        Dictionary<string, CandidatePlan> candidates = new(StringComparer.Ordinal);
        foreach (string folder in parsed.GetValue(Adapters) ?? [])
        {
            candidates.Add(Free(candidates, folder), new CandidatePlan(Adapter: folder));
        }

        foreach (string folder in parsed.GetValue(Models) ?? [])
        {
            bool file = folder.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase);
            candidates.Add(
                Free(candidates, folder),
                file ? new CandidatePlan(Gguf: folder) : new CandidatePlan(Model: folder)
            );
        }

        if (server.Source(parsed) is { } served)
        {
            candidates.Add(Free(candidates, served.Served), OnServer(served));
        }

        foreach (IGrouping<string, (string Name, string Task, string File)> system in ParsedReplies(parsed))
        {
            if (!candidates.TryAdd(system.Key, new CandidatePlan(Replies: FilesOf(system))))
            {
                throw new InputException(
                    $"--replies: another candidate is called {system.Key}; give the replies another name"
                );
            }
        }

        return candidates.Count > 0
            ? candidates
            : throw new InputException("name at least one candidate: --adapter, --model, --endpoint or --replies");
    }

    private static Dictionary<string, string> FilesOf(IGrouping<string, (string Name, string Task, string File)> system)
    {
        Dictionary<string, string> files = new(StringComparer.Ordinal);
        foreach ((string name, string task, string file) in system)
        {
            if (!files.TryAdd(task, Path.GetFullPath(file)))
            {
                throw new InputException($"--replies: {name}:{task} is given twice; name one file of replies");
            }
        }

        return files;
    }

    private static CandidatePlan OnServer(ModelSource.Endpoint served) =>
        new(
            Endpoint: served.Url,
            Served: served.Served,
            Tokenizer: served.TokenizerFolder is { } folder ? Path.GetFullPath(folder) : null,
            Concurrency: served.Concurrency,
            ApiKeyEnv: served.ApiKeyVariable
        );

    private static IEnumerable<IGrouping<string, (string Name, string Task, string File)>> ParsedReplies(
        ParseResult parsed
    ) =>
        (parsed.GetValue(Replies) ?? [])
            .Select(text =>
            {
                int colon = text.IndexOf(':', StringComparison.Ordinal),
                    equals = text.IndexOf('=', StringComparison.Ordinal);
                return colon > 0 && equals > colon && equals < text.Length - 1
                    ? (text[..colon], text[(colon + 1)..equals], text[(equals + 1)..])
                    : throw new InputException($"--replies: '{text}' is not of the form NAME:TASK=FILE");
            })
            .GroupBy(r => r.Item1);

    // A candidate is named after its folder's last part; a second one of that name gets -2.
    private static string Free(Dictionary<string, CandidatePlan> taken, string folder)
    {
        bool onHub = StudySources.IsName(HubKind.Model, folder, Directory.GetCurrentDirectory());
        string named = onHub ? folder.Split('@')[0] : Path.GetFullPath(folder);
        string last = Path.GetFileName(Path.TrimEndingDirectorySeparator(named));
        string name = string.Concat(last.Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' ? c : '-'))
            .TrimStart('.');
        name = name.Length > 0 ? name : "candidate";
        return !taken.ContainsKey(name)
            ? name
            : Enumerable.Range(2, taken.Count + 1).Select(i => $"{name}-{i}").First(n => !taken.ContainsKey(n));
    }

    private static Option<string[]> Several(string name, string description) =>
        new(name) { Description = description, AllowMultipleArgumentsPerToken = false };
}
