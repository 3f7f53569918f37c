namespace Fulcrum.Data;

/// <summary>Suggests a known word for an unknown one that is probably misspelt.</summary>
internal static class Spelling
{
    /// <summary>Returns the nearest known word, ignoring case; null if none is within two changes of a letter (one
    /// change in words of up to three letters).</summary>
    public static string? Nearest(string word, IEnumerable<string> known) =>
        Nearest(word, known, Math.Clamp(word.Length / 2, 1, 2));

    /// <summary>Returns the nearest known word within a number of changes; null if there is none.</summary>
    public static string? Nearest(string word, IEnumerable<string> known, int most) =>
        known
            .Select(k => (Known: k, Changes: Changes(word.ToLowerInvariant(), k.ToLowerInvariant())))
            .Where(k => k.Changes <= most)
            .OrderBy(k => k.Changes)
            .ThenBy(k => k.Known, StringComparer.Ordinal)
            .FirstOrDefault()
            .Known;

    /// <summary>Counts letters that are inserted, omitted, replaced, or exchanged with their neighbour (optimal string
    /// alignment).</summary>
    private static int Changes(string a, string b)
    {
        int[,] changes = new int[a.Length + 1, b.Length + 1];
        for (int i = 0; i <= a.Length; i++)
        {
            for (int j = 0; j <= b.Length; j++)
            {
                changes[i, j] =
                    i == 0 || j == 0
                        ? i + j
                        : Math.Min(
                            Math.Min(changes[i - 1, j], changes[i, j - 1]) + 1,
                            changes[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)
                        );
                bool exchanged = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
                changes[i, j] = exchanged ? Math.Min(changes[i, j], changes[i - 2, j - 2] + 1) : changes[i, j];
            }
        }

        return changes[a.Length, b.Length];
    }
}
