using Fulcrum.Files;

namespace Fulcrum.Tasks.Logs;

/// <summary>Logs of other evaluation programs. The format is detected from the content.</summary>
internal static class OtherLogs
{
    /// <summary>Whether a path is such a log: an output folder of lm-evaluation-harness, or a log of
    /// inspect_ai.</summary>
    public static bool Is(string path) =>
        Directory.Exists(path) ? HarnessLogs.Is(path) : File.Exists(path) && InspectLogs.Is(path);

    /// <summary>The tasks of a log.</summary>
    /// <exception cref="InputException">The log is malformed; names file and place.</exception>
    public static IReadOnlyList<LoggedTask> Read(string path)
    {
        try
        {
            IReadOnlyList<LoggedTask> tasks = Directory.Exists(path) ? HarnessLogs.Read(path) : InspectLogs.Read(path);
            tasks.ToList().ForEach(RequireUniqueIds);
            return tasks;
        }
        catch (Exception e)
            when (e is InvalidOperationException or FormatException or ArgumentException or KeyNotFoundException)
        {
            throw new InputException($"{path}: not a log that can be read: {e.Message}", e);
        }
    }

    private static void RequireUniqueIds(LoggedTask task)
    {
        HashSet<string> ids = new(StringComparer.Ordinal);
        if (task.Answers.FirstOrDefault(a => !ids.Add(a.Id)) is { } twice)
        {
            throw new InputException($"{task.Name}: the log has the item {Printable.Short(twice.Id)} twice");
        }
    }

    /// <summary>Checks that two logs of a task have the same items under the same ids.</summary>
    /// <exception cref="InputException">An id names another item in the second log.</exception>
    public static void CheckSame(LoggedTask before, LoggedTask after)
    {
        Dictionary<string, string?> contents = before.Answers.ToDictionary(
            a => a.Id,
            a => a.Content,
            StringComparer.Ordinal
        );
        LoggedAnswer? other = after.Answers.FirstOrDefault(a =>
            a.Content is not null
            && contents.TryGetValue(a.Id, out string? content)
            && content is not null
            && content != a.Content
        );
        if (other is not null)
        {
            throw new InputException(
                $"{before.Name}: the item {other.Id} is another one in the second log, so the two cannot be paired"
            );
        }
    }
}
