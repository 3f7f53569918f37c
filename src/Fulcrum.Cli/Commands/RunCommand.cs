using System.CommandLine;
using Fulcrum.Comparisons;
using Fulcrum.Data;
using Fulcrum.Observability;
using Fulcrum.Report;
using Fulcrum.Runs;
using Fulcrum.Statistics;
using Fulcrum.Studies;
using Fulcrum.Tasks.Spider.Sql;
using Fulcrum.Torch;
using Microsoft.Extensions.Logging;

namespace Fulcrum.Cli.Commands;

/// <summary><c>fulcrum run</c>: a study from its files to its report.</summary>
internal static class RunCommand
{
    private static readonly Argument<string?> StudyPath = new("STUDY")
    {
        Description =
            "A study's file, or the name of one that travels with the tool (embedded, embedded-gentle, embedded-curve, embedded-replay, embedded-readings, embedded-qlora, notebook, own-task); without one, embedded.",
        Arity = ArgumentArity.ZeroOrOne,
    };
    private static readonly Option<string?> Output = new("--output")
    {
        Description =
            "The run folder; runs/NAME when not given (with --plain, runs/NAME-plain). A folder that was cut off goes on where it stopped.",
    };
    private static readonly Option<string> Language = new("--language")
    {
        Description = "Language of the report: en or pt-BR.",
        DefaultValueFactory = _ => "en",
    };
    private static readonly Option<string?> Until = new("--until")
    {
        Description = "Stop after this stage: prepare, before, train, after, points, compare or report.",
    };
    private static readonly Option<string?> Require = new("--require")
    {
        Description =
            "End with exit code 3 unless the intervals' nearer bounds hold, in points: \"spider>=+5,mmlu>=-1\".",
    };

    private static readonly Option<string> Level = new("--log-level")
    {
        Description = "What run.log in the run folder tells: debug, info, warning, error or none.",
        DefaultValueFactory = _ => "info",
    };
    private static readonly Option<bool> Json = new("--json")
    {
        Description = "Print the comparison as JSON instead of a table.",
    };
    private static readonly Option<double?> Margin = new("--margin")
    {
        Description = "The loss, in points, that is accepted outside the task; the study's when not given.",
    };

    private static readonly Option<bool> Plain = new("--plain")
    {
        Description =
            "Padded batches that share nothing instead of the token tree: many times slower; without dropout, and but for rounding, the same answers. To check the tool with.",
    };

    public static Command Create()
    {
        Language.AcceptOnlyFromAmong("en", "pt-BR");
        Until.AcceptOnlyFromAmong([.. Experiment.Stages]);
        Level.AcceptOnlyFromAmong("debug", "info", "warning", "error", "none");
        Command command = new(
            "run",
            "Measure, fine-tune, measure again, compare, report: the whole experiment by one command."
        )
        {
            StudyPath,
            Output,
            Language,
            Until,
            Require,
            Margin,
            Level,
            Plain,
            Json,
        };
        command.SetAction((parsed, cancellation) => Task.Run(() => Run(parsed, cancellation), CancellationToken.None));
        return command;
    }

    private static int Run(ParseResult parsed, CancellationToken cancellation)
    {
        string path = PathOf(parsed.GetValue(StudyPath));
        Study study = StudyFile.Load(path);
        StudyPlaces.Check(study, path);
        study =
            parsed.GetValue(Margin) is not { } margin ? study
            : double.IsFinite(margin) && margin >= 0 ? study with { Margin = margin }
            : throw new InputException($"--margin: {margin} is not 0 or more points");
        Requirements? required = parsed.GetValue(Require) is { } text ? Requirements.Parse(text) : null;
        required?.CheckNames([.. study.Benchmarks.Select(b => b.Name)]);
        using RunFolder run = RunFolder.Open(
            parsed.GetValue(Output) ?? Path.Combine("runs", study.Name + (parsed.GetValue(Plain) ? "-plain" : ""))
        );
        FileLog log = new(run.At("run.log"), LevelOf(parsed.GetRequiredValue(Level)));
        using SqlSandbox sandbox = Sandbox.Open();
        sandbox.Log = log;
        new ConsoleProgress(parsed, whole: true).Show(tell =>
            new Experiment(
                study,
                run,
                new TorchEngine(plain: parsed.GetValue(Plain)),
                s => StudyCorpus.Open(s, (semantics, limits) => sandbox.Grader(EnumNames.Of(semantics), limits)),
                tell,
                required?.Looking,
                log,
                ReportFiles.Write
            ).Run(parsed.GetValue(Until), parsed.GetRequiredValue(Language), cancellation)
        );
        if (parsed.GetValue(Until) is { } until && Experiment.Stages.TakeWhile(s => s != "compare").Contains(until))
        {
            TellStopped(run, parsed);
            return 0;
        }

        Comparison comparison = ComparisonJson.Parse(File.ReadAllText(run.Comparison), run.Comparison);
        Print(comparison, run, parsed);
        required?.Check(comparison);
        return 0;
    }

    private static void TellStopped(RunFolder run, ParseResult parsed)
    {
        if (!parsed.GetValue(Verbs.Quiet))
        {
            Console.Error.WriteLine(
                $"stopped after {parsed.GetValue(Until)}, as --until says, before the comparison. The same command without --until goes on from here; the run folder is {run.Root}"
            );
        }
    }

    private static LogLevel LevelOf(string name) =>
        name == "info" ? LogLevel.Information : Enum.Parse<LogLevel>(name, ignoreCase: true);

    private static void Print(Comparison comparison, RunFolder run, ParseResult parsed)
    {
        Words words = Words.Of(parsed.GetRequiredValue(Language));
        if (parsed.GetValue(Json))
        {
            Console.Out.Write(File.ReadAllText(run.Comparison));
        }
        else if (parsed.GetValue(Verbs.Quiet))
        {
            Console.Out.WriteLine(Sentences.First(comparison, words));
        }
        else
        {
            ComparisonTable.Print(comparison, words);
            Console.Out.WriteLine($"{words.Say("report", "relatório")}: {run.At("report.html")}");
        }
    }

    /// <summary>A path that exists is taken as it is; a bare name is one of the studies that travel with the
    /// tool.</summary>
    private static string PathOf(string? named)
    {
        string folder = Path.Combine(AppContext.BaseDirectory, "studies"),
            carried = Path.Combine(folder, $"{named ?? "embedded"}.json");
        return named is not null && File.Exists(named) ? named
            : (named is null || Path.GetFileName(named) == named) && File.Exists(carried) ? carried
            : throw new InputException(
                $"there is no study {named ?? "embedded"}: no such file, and {Meant(named, Carried(folder))}"
            );
    }

    private static string Meant(string? named, string[] carried) =>
        named is not null && Spelling.Nearest(Path.GetFileNameWithoutExtension(named), carried) is { } near
            ? $"none of that name travels with the tool; did you mean '{near}'?"
            : $"the studies that travel with the tool are {(carried.Length == 0 ? "none in this build" : string.Join(", ", carried))}";

    private static string[] Carried(string folder) =>
        Directory.Exists(folder)
            ?
            [
                .. Directory
                    .EnumerateFiles(folder, "*.json")
                    .Select(f => Path.GetFileNameWithoutExtension(f))
                    .Order(StringComparer.Ordinal),
            ]
            : [];
}
