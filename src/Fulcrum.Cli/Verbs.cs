using System.CommandLine;

namespace Fulcrum.Cli;

/// <summary>The verbs of the tool, in the order of its help.</summary>
internal static class Verbs
{
    public static readonly Option<bool> Quiet = new("--quiet")
    {
        Description = "Show no progress and no table: errors, warnings and what was asked for, alone.",
        Recursive = true,
    };

    public static readonly Option<bool> Verbose = new("--verbose")
    {
        Description = "Show where in the program a failure happened.",
        Recursive = true,
    };

    public static readonly Option<bool> Yes = new("--yes")
    {
        Description = "Fetch from the hub without asking, also more than 10 GB.",
        Recursive = true,
    };

    /// <summary>One line per verb; each is a file in <c>Commands/</c>.</summary>
    public static IEnumerable<Command> All() =>
        [
            Commands.RunCommand.Create(),
            Commands.CheckCommand.Create(),
            Commands.MeasureCommand.Create(),
            Commands.ItemsCommand.Create(),
            Commands.TasksCommand.Create(),
            Commands.ScoreCommand.Create(),
            Commands.GenerateCommand.Create(),
            Commands.TokenizeCommand.Create(),
            Commands.SqlCommand.Create(),
            Commands.GradeCommand.Create(),
            Commands.TrainCommand.Create(),
            Commands.MergeCommand.Create(),
            Commands.ExportCommand.Create(),
            Commands.TraceCommand.Create(),
            Commands.CompareCommand.Create(),
            Commands.StatsCommand.Create(),
            Commands.ReportCommand.Create(),
            Commands.BenchCommand.Create(),
            Commands.PullCommand.Create(),
            Commands.CacheCommand.Create(),
            Commands.LoginCommand.Create(),
            Commands.DoctorCommand.Create(),
        ];
}
