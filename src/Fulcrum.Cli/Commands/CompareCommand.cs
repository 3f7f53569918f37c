using System.CommandLine;
using Fulcrum.Comparisons;
using Fulcrum.Data;
using Fulcrum.Files;
using Fulcrum.Runs;
using Fulcrum.Statistics;
using Fulcrum.Studies;
using Fulcrum.Tasks;
using Fulcrum.Tasks.Logs;
using Fulcrum.Tasks.Spider;

namespace Fulcrum.Cli.Commands;

/// <summary><c>fulcrum compare</c></summary>
internal static partial class CompareCommand
{
    private static readonly Argument<string[]> Paths = new("PATH")
    {
        Description =
            "Answer files, the base first; or one run folder (its candidates with its base), two run folders "
            + "(their first candidates), or more (one table for all).",
        Arity = ArgumentArity.OneOrMore,
    };
    private static readonly Option<bool> Json = new("--json") { Description = "Print JSON instead of a table." };
    private static readonly Option<bool> Curve = new("--curve")
    {
        Description = "Print the trade-off curve over every measured candidate of the run folders.",
    };
    private static readonly Option<double?> Margin = new("--margin")
    {
        Description = "Accepted loss on general tasks, in percentage points. Default: the study's margin.",
    };
    private static readonly Option<Estimand?> Generalises = new("--estimand")
    {
        Description =
            "To what the difference generalises: items (other items of these clusters) or clusters (other clusters, "
            + "needs 5). Default: the study's; else clusters if there are at least 5.",
    };
    private static readonly Option<bool> Simultaneous = new("--simultaneous")
    {
        Description = "Print bounds that hold simultaneously for all files after the first.",
    };
    private static readonly Option<bool> Seeds = new("--seeds")
    {
        Description = "The files after the first are training seeds of one recipe: print the recipe's difference too.",
    };
    private static readonly Option<string?> Measure = new("--measure")
    {
        Description = "A corpus measure, computed from the predictions and targets of the answers.",
    };

    public static Command Create()
    {
        Measure.AcceptOnlyFromAmong([.. EnumNames.All<CorpusMeasure>()]);
        Command verb = new("compare", "Compare answer files or run folders with their base, paired by item.")
        {
            Paths,
            Json,
            Curve,
            Margin,
            Generalises,
            Simultaneous,
            Seeds,
            Measure,
        };
        verb.SetAction(Compare);
        return verb;
    }

    private static void Compare(ParseResult parsed)
    {
        string[] paths = parsed.GetRequiredValue(Paths);
        if (paths.FirstOrDefault(p => !Path.Exists(p)) is { } missing)
        {
            throw new InputException($"there is no file and no run folder {missing}");
        }

        double? margin = parsed.GetValue(Margin);
        Wanted.That(
            margin is null || (double.IsFinite(margin.Value) && margin >= 0),
            "",
            "--margin",
            margin,
            "0 or more points"
        );
        bool several = parsed.GetValue(Simultaneous) || parsed.GetValue(Seeds);
        ComparisonSettings settings = new(
            margin,
            Estimand: parsed.GetValue(Generalises),
            GroupOrder: SpiderHardness.Levels,
            Measure: parsed.GetValue(Measure) is null ? null : CorpusMeasure.MacroF1
        );
        bool json = parsed.GetValue(Json);
        if (settings.Measure is not null && (several || paths.Length > 2 || parsed.GetValue(Curve)))
        {
            throw new InputException(
                "--measure: name two answer files or two folders, without --simultaneous, --seeds or --curve"
            );
        }

        if (!parsed.GetValue(Curve) && (several || (paths.Length > 2 && !paths.Any(Directory.Exists))))
        {
            Show(Candidates(paths, settings, parsed.GetValue(Seeds)), json);
        }
        else if (paths.Length > 2 || parsed.GetValue(Curve))
        {
            Show(RunsComparison.Of(paths, margin), json);
        }
        else
        {
            TasksComparison pair = Pair(paths[0], paths.ElementAtOrDefault(1), settings);
            pair.Tasks.ToList().ForEach(t => RefuseTooFew(settings.Estimand, t.Task, t.Clusters));
            Show(pair, json, File.Exists(new RunLayout(paths[0]).Study) ? StudyOf(paths[0]) : null);
        }
    }

    private static void Show(RunsComparison comparison, bool json)
    {
        if (json)
        {
            Console.Out.Write(comparison.Print());
            return;
        }

        RunsTable.Print(comparison);
    }

    private static void Show(CandidatesComparison comparison, bool json)
    {
        if (json)
        {
            Console.Out.Write(ComparisonJson.Print(comparison));
            return;
        }

        CandidatesTable.Print(comparison);
    }

    private static void Show(TasksComparison comparison, bool json, Study? study)
    {
        if (json)
        {
            Console.Out.Write(ComparisonJson.Print(comparison));
            return;
        }

        ComparisonTable.Print(comparison, study);
    }

    private static CandidatesComparison Candidates(string[] paths, ComparisonSettings settings, bool seeds)
    {
        if (paths.FirstOrDefault(Directory.Exists) is { } folder)
        {
            throw new InputException($"{folder} is a folder: --simultaneous and --seeds compare files of answers");
        }

        if (paths.Length < (seeds ? 3 : 2))
        {
            throw new InputException(
                seeds
                    ? "--seeds needs the base's file and at least 2 seeds' files"
                    : "--simultaneous needs at least 2 files"
            );
        }

        IReadOnlyList<Answer> before = Given(paths[0]);
        string name = Path.GetFileNameWithoutExtension(paths[0]);
        (string, IReadOnlyList<Answer>)[] candidates =
        [
            .. paths[1..].Select(p => (Path.GetFileNameWithoutExtension(p), Measured(name, paths[0], before, p))),
        ];
        CandidateFamily family = CandidateFamily.Of(name, before, candidates, settings.Estimand, seeds: seeds);
        RefuseTooFew(settings.Estimand, name, family.Clusters);
        return new CandidatesComparison([family]);
    }
}
