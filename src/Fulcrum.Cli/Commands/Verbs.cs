using System.CommandLine;

namespace Fulcrum.Cli.Commands;

/// <summary>The verbs of the tool, in the order of its help.</summary>
internal static class Verbs
{
    /// <summary>One line per verb; each is a file in this folder.</summary>
    public static IEnumerable<Command> All() =>
        [
            RunCommand.Create(),
            CheckCommand.Create(),
            MeasureCommand.Create(),
            ItemsCommand.Create(),
            TasksCommand.Create(),
            SchemaCommand.Create(),
            ScoreCommand.Create(),
            GenerateCommand.Create(),
            TokenizeCommand.Create(),
            SqlCommand.Create(),
            GradeCommand.Create(),
            TrainCommand.Create(),
            MergeCommand.Create(),
            ExportCommand.Create(),
            TraceCommand.Create(),
            CompareCommand.Create(),
            StatsCommand.Create(),
            StatusCommand.Create(),
            CancelCommand.Create(),
            ReportCommand.Create(),
            ViewCommand.Create(),
            BenchCommand.Create(),
            PullCommand.Create(),
            CacheCommand.Create(),
            LoginCommand.Create(),
            DoctorCommand.Create(),
        ];
}
