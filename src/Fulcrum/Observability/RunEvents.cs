using Microsoft.Extensions.Logging;

namespace Fulcrum.Observability;

/// <summary>The events of a run's log. Numbers must not change, because readers of logs filter by them.</summary>
internal static partial class RunEvents
{
    [LoggerMessage(1, LogLevel.Information, "run of {Study} in {Folder} begins or is resumed")]
    public static partial void Begins(this ILogger log, string study, string folder);

    [LoggerMessage(2, LogLevel.Information, "run complete")]
    public static partial void Ends(this ILogger log);

    [LoggerMessage(3, LogLevel.Warning, "run interrupted; repeat the command to resume it")]
    public static partial void Interrupted(this ILogger log);

    [LoggerMessage(4, LogLevel.Error, "run stopped: {Why}")]
    public static partial void Failed(this ILogger log, string why);

    [LoggerMessage(10, LogLevel.Information, "stage {Stage} begins")]
    public static partial void StageBegins(this ILogger log, string stage);

    [LoggerMessage(11, LogLevel.Debug, "stage {Stage} is already complete")]
    public static partial void StageIsComplete(this ILogger log, string stage);

    [LoggerMessage(12, LogLevel.Information, "stage {Stage} complete after {Seconds:0.0} s")]
    public static partial void StageEnds(this ILogger log, string stage, double seconds);

    [LoggerMessage(20, LogLevel.Debug, "{Stage} {What}: {Done} of {Total} {Unit}")]
    public static partial void Progresses(
        this ILogger log,
        string stage,
        string what,
        int done,
        int total,
        string unit
    );

    [LoggerMessage(21, LogLevel.Information, "{Note}")]
    public static partial void Notes(this ILogger log, string note);

    [LoggerMessage(22, LogLevel.Warning, "{Warning}")]
    public static partial void Warns(this ILogger log, string warning);

    [LoggerMessage(30, LogLevel.Warning, "an SQL worker ended ({Cause}) on a query of {Database}: {Reason}")]
    public static partial void WorkerEnded(this ILogger log, string cause, string database, string reason);
}
