using System.CommandLine;
using Fulcrum.Comparisons;
using Fulcrum.Data;
using Fulcrum.Jobs;
using Fulcrum.Jobs.Slurm;
using Fulcrum.Models;
using Fulcrum.Models.Endpoint;
using Fulcrum.Observability;
using Fulcrum.Report;
using Fulcrum.Report.Content;
using Fulcrum.Runs;
using Fulcrum.Studies;
using Fulcrum.Tasks.Spider.Sql;
using Fulcrum.Torch;
using Microsoft.Extensions.Logging;

namespace Fulcrum.Cli.Commands;

/// <summary>What <c>run</c> and <c>check</c> share: the options of a run, and running a study to its report.</summary>
/// <param name="describedByCommandLine">Whether the command line describes the study, with the keys of its
/// servers.</param>
internal sealed partial class StudyRun(bool describedByCommandLine = false)
{
    private readonly Option<string?> output = new("--output")
    {
        Description = "The run folder. Default: runs/NAME. An interrupted run in this folder is resumed.",
    };
    private readonly Option<string> language = new("--language")
    {
        Description = "Language of the report: en or pt-BR.",
        DefaultValueFactory = _ => "en",
    };
    private readonly Option<Stage> until = EnumOption.Of("--until", "Stop after this stage:", Stage.Report);
    private readonly ResultOptions results = new();
    private readonly Option<string> level = new("--log-level")
    {
        Description = "The lowest level in run.log: debug, info, warning, error or none.",
        DefaultValueFactory = _ => "info",
    };
    private readonly Option<bool> json = new("--json")
    {
        Description = "Print the comparison as JSON instead of a table.",
    };
    private readonly Option<double?> margin = new("--margin")
    {
        Description = "The loss, in percentage points, that is accepted on general tasks. Default: the study's, or 2.",
    };
    private readonly Option<string?> overrideGuards = new("--override-guards")
    {
        Description = "Names of guards that may not stop this run, separated by commas, or all. The report shows them.",
    };
    private readonly Option<bool> decide = new("--decide")
    {
        Description =
            "Ask each task only until its decision is made (group-sequential looks); the interval stays "
            + "valid. Default: the study's.",
    };
    private readonly Option<bool> allowCommand = new("--allow-command")
    {
        Description = "Run the external trainers' commands that the study names.",
    };
    private readonly Option<string[]> vary = new("--vary")
    {
        Description =
            "Try several values of a key, as train.rank=4,16: a candidate for each takes the place of each candidate "
            + "that is trained. Repeated: a candidate for every combination.",
        AllowMultipleArgumentsPerToken = false,
    };
    private readonly Option<string[]> keys = new("--api-key-env")
    {
        Description =
            "The environment variable that holds the key of the server of the study's candidates: NAME, or "
            + "CANDIDATE=NAME. A study cannot name a key by itself.",
        AllowMultipleArgumentsPerToken = false,
    };
    private readonly Option<bool> plain = new("--plain")
    {
        Description =
            "Padded batches without shared prefixes, many times slower, to check the tool with. "
            + "If dropout is 0, answers match the default mode up to rounding.",
    };

    private readonly JobOptions jobs = new();

    /// <summary>Adds the options to a verb.</summary>
    public void AddTo(Command verb)
    {
        language.AcceptOnlyFromAmong("en", "pt-BR");
        level.AcceptOnlyFromAmong("debug", "info", "warning", "error", "none");
        Option[] all =
        [
            output,
            language,
            until,
            margin,
            decide,
            overrideGuards,
            allowCommand,
            level,
            plain,
            json,
            .. jobs.All,
            .. describedByCommandLine ? (Option[])[] : [vary, keys],
        ];
        foreach (Option option in all)
        {
            verb.Add(option);
        }

        results.AddTo(verb);
    }

    /// <summary>Finds what a study names, runs the study and prints what it found.</summary>
    /// <param name="read">As it was written: paths are relative to <paramref name="home"/>, or names on the
    /// hub.</param>
    /// <param name="source">Where the study stands, for messages.</param>
    /// <returns>The exit code.</returns>
    public int Run(Study read, string home, string source, ParseResult parsed, CancellationToken cancellation)
    {
        Study changed = Sweep.Expand(Changed(read, parsed), source);
        changed.Check(source);
        Requirements? required = results.Required(parsed);
        required?.CheckNames([.. changed.Tasks.Keys]);
        string name = changed.Title + (parsed.GetValue(plain) ? "-plain" : "");
        RunLayout layout = new(Path.GetFullPath(parsed.GetValue(output) ?? Path.Combine("runs", name)));
        using StudySources sources = HubAccess.Sources(parsed, HubCommits.Read(layout.HubCommits));
        Study study = sources.Locate(changed, home) with
        {
            NamedBy = describedByCommandLine ? AskingOptions.Names : AskingOptions.NamesOfFile,
        };
        study.Check(source);
        StudyFile.RequireFiles(study, source, fetched: false);
        HubAccess.Fetch(parsed, sources);
        StudyFile.RequireFiles(study, source);
        if (jobs.StageOf(parsed) is { } stage)
        {
            return RunStage(stage, study, layout, required, parsed, cancellation);
        }

        if (jobs.PlaceOf(parsed) == Place.Slurm)
        {
            return RunOnSlurm(study, sources, layout, parsed, cancellation);
        }

        study = jobs.Divided(study, layout, parsed);
        using RunLock run = RunLock.Open(layout.Root);
        SlurmRun.RefuseJobs(run.Layout);
        sources.Commits.Write(run.Layout.HubCommits);
        FileLog log = new(run.Layout.At("run.log"), LevelOf(parsed.GetRequiredValue(level)));
        using SqlSandbox sandbox = Sandbox.Open();
        sandbox.Log = log;
        Comparison? found = null;
        new ConsoleProgress(parsed, whole: true).Show(report =>
        {
            // What the other processes save at the end is shown as well.
            using LocalJobs? local = jobs.Local(run.Layout, Flags(study, parsed), parsed);
            found = Experiment(study, run, sandbox, required, log, report, local, parsed)
                .Run(parsed.GetValue(until), cancellation);
        });
        if (found is null)
        {
            PrintStopped(run.Layout, parsed);
            return 0;
        }

        Print(found, run.Layout, parsed, study);
        results.Finish(found, run.Layout, parsed);
        return 0;
    }

    /// <summary>Compares the logs of another program and prints what was found.</summary>
    /// <returns>The exit code.</returns>
    public int RunLogs(IReadOnlyList<string> logs, IReadOnlyList<string> targets, ParseResult parsed)
    {
        using RunLock run = RunLock.Open(parsed.GetValue(output) ?? Path.Combine("runs", "logs"));
        Comparison found = LoggedRun.Write(run.Layout, logs[0], [.. Named(logs)], targets, parsed.GetValue(margin));
        ReportFiles.Write(run.Layout.Root, parsed.GetRequiredValue(language));
        Print(found, run.Layout, parsed);
        results.Finish(found, run.Layout, parsed);
        return 0;
    }

    // A candidate is named after its log, without ending; a second one of that name gets -2.
    private static IEnumerable<(string Name, string Log)> Named(IReadOnlyList<string> logs)
    {
        HashSet<string> taken = new(StringComparer.Ordinal);
        foreach (string log in logs.Skip(1))
        {
            string last = Path.GetFileNameWithoutExtension(Path.TrimEndingDirectorySeparator(Path.GetFullPath(log)));
            string name = string.Concat(last.Select(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' ? c : '-'));
            string free = Enumerable.Range(1, logs.Count).Select(i => i == 1 ? name : $"{name}-{i}").First(taken.Add);
            yield return (free, log);
        }
    }

    private Study Changed(Study study, ParseResult parsed)
    {
        Study changed =
            parsed.GetValue(margin) is not { } points ? study
            : double.IsFinite(points) && points >= 0 ? study with { Margin = points }
            : throw new InputException($"--margin: {points} is not 0 or more percentage points");
        changed = SweepOption.Apply(changed, describedByCommandLine ? [] : parsed.GetValue(vary) ?? []);
        changed = parsed.GetValue(decide) ? changed with { Decide = true } : changed;
        return parsed.GetValue(overrideGuards) is { } names ? changed with { OverrideGuards = Named(names) } : changed;
    }

    private static IReadOnlyList<string> Named(string names)
    {
        IReadOnlyList<string> all = GuardNames.All;
        string[] given = names == "all" ? [.. all] : names.Split(',', StringSplitOptions.TrimEntries);
        string? unknown = given.FirstOrDefault(n => !all.Contains(n));
        Wanted.That(unknown is null, "", "--override-guards", unknown, $"all, or names of {string.Join(", ", all)}");
        return given;
    }

    private Experiment Experiment(
        Study study,
        RunLock run,
        SqlSandbox sandbox,
        Requirements? required,
        ILogger log,
        Action<RunEvent> report,
        LocalJobs? local,
        ParseResult parsed
    )
    {
        Experiment? begun = null;
        void Tell(RunEvent happened) => (begun is null ? report : begun.Report)(happened);
        void Warn(string warning) => Tell(new RunEvent.Warned(warning));
        TorchEngine torch = new(Warn, note => Tell(new RunEvent.Noted(note)), parsed.GetValue(plain));
        ExperimentSettings settings = new(
            report,
            required?.Looking,
            log,
            (layout, words) => ReportFiles.Write(layout.Root, words),
            parsed.GetRequiredValue(language),
            parsed.GetValue(allowCommand),
            describedByCommandLine ? ServerKeys.OfCommandLine(study) : ServerKeys.Of(study, parsed.GetValue(keys) ?? [])
        )
        {
            Required = required?.ByTask,
            Jobs = local?.Count ?? 1,
            Warm = local is null ? null : s => local.Warm(s),
            Begin = local is null ? null : local.Begin,
            Elsewhere = local is null ? null : local.Run,
            SplitBase = local is null ? null : local.SplitBase,
        };
        begun = new Experiment(study, run, EnginesOf(torch, Warn), s => OpenCorpus(s, sandbox, parsed), settings);
        return begun;
    }

    private static Engines EnginesOf(TorchEngine torch, Action<string>? warn = null) =>
        new(
            [torch, ModelEngines.Llama, new EndpointEngine(warn)],
            torch,
            (model, type, file) => Exports.WriteGguf(model, type, file, warn)
        );

    private static Corpus OpenCorpus(Study study, SqlSandbox sandbox, ParseResult parsed) =>
        StudyCorpus.Open(
            study,
            (semantics, limits) => sandbox.Grader(EnumNames.Of(semantics), limits),
            id => HubAccess.Resolver(parsed).DatasetFolder(id).Path
        );

    private void PrintStopped(RunLayout run, ParseResult parsed) =>
        Console.Out.WriteLine(
            $"stopped after the stage {EnumNames.Of(parsed.GetValue(until))}, as --until says, "
                + $"before the comparison. Repeat the command without --until to continue. Run folder: {run.Root}"
        );

    private void Print(Comparison comparison, RunLayout run, ParseResult parsed, Study? study = null)
    {
        Words words = Words.Of(parsed.GetRequiredValue(language));
        if (parsed.GetValue(json))
        {
            Console.Out.Write(ComparisonJson.Print(comparison));
        }
        else if (parsed.GetValue(CommonOptions.Quiet))
        {
            comparison.Candidates.ToList().ForEach(c => Console.Out.WriteLine(Sentences.Of(c, comparison, words)));
        }
        else
        {
            ComparisonTable.Print(comparison, words, study);
            Console.Out.WriteLine($"{words.Say("report", "relatório")}: {run.At("report.html")}");
        }
    }

    private static LogLevel LevelOf(string name) =>
        name == "info" ? LogLevel.Information : Enum.Parse<LogLevel>(name, ignoreCase: true);
}
