using Fulcrum.Files;

namespace Fulcrum.View;

/// <summary>The run folders that the page shows: the given folders, or run folders below them.</summary>
/// <remarks>Requests refer to a run by its number in this list, so no request can contain a path.</remarks>
internal sealed class RunList(IReadOnlyList<string> folders)
{
    private const int MostRuns = 500,
        MostDepth = 4,
        MostFolders = 20_000;
    private readonly List<string> known = [];
    private readonly Lock gate = new();

    /// <summary>Searches for run folders again and returns all, in the order of their discovery.</summary>
    public IReadOnlyList<(int Number, string Folder)> Find()
    {
        int visited = 0;
        string[] found = [.. folders.SelectMany(f => Below(FullPath(f), 0, () => visited++ < MostFolders))];
        lock (gate)
        {
            known.AddRange(found.Except(known, StringComparer.Ordinal).Take(MostRuns - known.Count));
            return [.. known.Select((f, i) => (i, f)).Where(r => Directory.Exists(r.f))];
        }
    }

    /// <summary>Returns the folder of a number; null if there is none.</summary>
    public string? At(int number)
    {
        lock (gate)
        {
            return number >= 0 && number < known.Count ? known[number] : null;
        }
    }

    // A folder is one run, with or without a separator at its end.
    private static string FullPath(string folder) => Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));

    private static IEnumerable<string> Below(string folder, int depth, Func<bool> mayGoOn)
    {
        if (!mayGoOn() || !Directory.Exists(folder))
        {
            return [];
        }

        return IsRun(folder) ? [folder]
            : depth >= MostDepth ? []
            : Children(folder).SelectMany(f => Below(f, depth + 1, mayGoOn));
    }

    private static string[] Children(string folder)
    {
        try
        {
            return
            [
                .. Directory
                    .EnumerateDirectories(folder)
                    .Where(f => !Path.GetFileName(f).StartsWith('.') && FileEntry.OfLink(f).Kind == EntryKind.Folder)
                    .Order(StringComparer.Ordinal),
            ];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static bool IsRun(string folder) =>
        Has(folder, "study.json") && (Has(folder, "run.lock") || Has(folder, "comparison.json"));

    private static bool Has(string folder, string file) =>
        FileEntry.OfLink(Path.Combine(folder, file)).Kind == EntryKind.File;
}
