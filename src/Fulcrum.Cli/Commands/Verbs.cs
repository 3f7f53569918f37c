using System.CommandLine;

namespace Fulcrum.Cli.Commands;

/// <summary>The verbs of the tool, in the order of its help.</summary>
internal static class Verbs
{
    // One line per verb; each is a file in this folder.
    private static readonly (string Name, Func<Command> Create)[] Known =
    [
        ("run", RunCommand.Create),
        ("check", CheckCommand.Create),
        ("measure", MeasureCommand.Create),
        ("items", ItemsCommand.Create),
        ("tasks", TasksCommand.Create),
        ("schema", SchemaCommand.Create),
        ("score", ScoreCommand.Create),
        ("generate", GenerateCommand.Create),
        ("tokenize", TokenizeCommand.Create),
        ("sql", SqlCommand.Create),
        ("grade", GradeCommand.Create),
        ("train", TrainCommand.Create),
        ("merge", MergeCommand.Create),
        ("export", ExportCommand.Create),
        ("trace", TraceCommand.Create),
        ("compare", CompareCommand.Create),
        ("stats", StatsCommand.Create),
        ("status", StatusCommand.Create),
        ("cancel", CancelCommand.Create),
        ("report", ReportCommand.Create),
        ("view", ViewCommand.Create),
        ("bench", BenchCommand.Create),
        ("pull", PullCommand.Create),
        ("cache", CacheCommand.Create),
        ("login", LoginCommand.Create),
        ("doctor", DoctorCommand.Create),
    ];

    /// <summary>Returns all verbs.</summary>
    public static IEnumerable<Command> All() => Known.Select(v => v.Create());

    /// <summary>Returns the verbs that are needed to understand a command line: the one that its first word names,
    /// otherwise all of them.</summary>
    /// <remarks>Creating all verbs takes longer than many commands do.</remarks>
    public static IEnumerable<Command> For(IReadOnlyList<string> args)
    {
        string? word = args.FirstOrDefault(a => !a.StartsWith('-'));
        int named = Array.FindIndex(Known, v => v.Name == word);
        return named < 0 ? All() : [Known[named].Create()];
    }
}
