namespace Fulcrum.Tasks.Grading;

/// <summary>Similarity by edits: 1 - d / max(m, n) with d the distance of Levenshtein 1966 over code points.</summary>
internal static class EditSimilarity
{
    /// <summary>Code points per side that are compared; more makes the item unscored. Several targets together may have
    /// so many comparisons as two sides of this length.</summary>
    public const int LongestText = 20_000;

    /// <summary>Grades a reply: score <c>edit_similarity</c>, both sides trimmed; 1 if both are empty.</summary>
    /// <param name="targets">Right answers; the score is the best over them.</param>
    public static ReplyGrade Grade(string reply, IReadOnlyList<string> targets)
    {
        string trimmed = PythonText.Strip(reply);
        int[] written = PythonText.CodePoints(trimmed);
        int[][] wanted = [.. targets.Select(t => PythonText.CodePoints(PythonText.Strip(t)))];
        bool fits =
            Math.Max(written.Length, wanted.Max(w => w.Length)) <= LongestText
            && wanted.Sum(w => (long)w.Length * written.Length) <= (long)LongestText * LongestText;
        double? score = fits ? wanted.Max(w => Similarity(written, w)) : null;
        return new(
            score,
            trimmed,
            ReplyGrade.VerdictOf(score),
            ReplyGrade.Named(("edit_similarity", score)),
            "edit",
            fits ? null : $"reply or target is longer than {LongestText} characters, or there are too many targets"
        );
    }

    private static double Similarity(int[] a, int[] b) =>
        a.Length == 0 && b.Length == 0 ? 1 : 1 - ((double)Distance(a, b) / Math.Max(a.Length, b.Length));

    private static int Distance(int[] a, int[] b)
    {
        int[] last = [.. Enumerable.Range(0, b.Length + 1)];
        for (int i = 0; i < a.Length; i++)
        {
            int diagonal = last[0];
            last[0] = i + 1;
            for (int j = 0; j < b.Length; j++)
            {
                int replaced = diagonal + (a[i] == b[j] ? 0 : 1);
                diagonal = last[j + 1];
                last[j + 1] = Math.Min(replaced, Math.Min(diagonal, last[j]) + 1);
            }
        }

        return last[^1];
    }
}
