namespace Fulcrum.Data.Hub;

/// <summary>Checks names of files in a repository. They come from a server and become paths of this machine.</summary>
internal static class HubPath
{
    /// <summary>Returns whether a name stays inside a folder on every system: no <c>..</c>, not absolute, no drive, no
    /// backslash.</summary>
    public static bool IsSafe(string path) =>
        path.Length is > 0 and <= 4096
        && !path.Contains('\0', StringComparison.Ordinal)
        && path.Split('/').All(IsSafeSegment);

    /// <summary>Returns the path with each segment percent-encoded.</summary>
    public static string Escaped(string path) => string.Join('/', path.Split('/').Select(Uri.EscapeDataString));

    /// <summary>Returns two names that differ only in case; null if there are none.</summary>
    public static (string, string)? DifferInCaseOnly(IEnumerable<string> paths) =>
        paths
            .GroupBy(p => p, StringComparer.OrdinalIgnoreCase)
            .Where(g => g.Count() > 1)
            .Select(g => ((string, string)?)(g.First(), g.Last()))
            .FirstOrDefault();

    private static bool IsSafeSegment(string segment)
    {
        bool drive = segment.Length > 1 && segment[1] == ':' && char.IsAsciiLetter(segment[0]);
        bool windows = OperatingSystem.IsWindows() && segment.AsSpan().ContainsAny("<>:\"|?*");
        return segment is not ("" or "." or "..")
            && !segment.Contains('\\', StringComparison.Ordinal)
            && !drive
            && !windows;
    }
}
