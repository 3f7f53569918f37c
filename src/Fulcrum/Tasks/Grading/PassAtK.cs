using System.Globalization;

namespace Fulcrum.Tasks.Grading;

/// <summary>pass@k: the probability that at least one of k samples is right (Chen et al., arXiv:2107.03374, equation
/// 1).</summary>
internal static class PassAtK
{
    /// <summary>Returns the unbiased estimate 1 - C(n - c, k) / C(n, k) from n samples of which c are right.</summary>
    /// <returns>Null where fewer than k samples exist.</returns>
    public static double? Estimate(int samples, int right, int k)
    {
        if (k > samples)
        {
            return null;
        }

        double none = 1;
        for (int i = samples - right + 1; i <= samples && none > 0; i++)
        {
            none *= Math.Max(0, 1 - ((double)k / i));
        }

        return 1 - none;
    }

    /// <summary>Grades the samples of one item: a score <c>pass@K</c> for every k; the item's score is the
    /// first.</summary>
    public static ReplyGrade Grade(IReadOnlyList<bool> verdicts, IReadOnlyList<int> ks)
    {
        int right = verdicts.Count(v => v);
        Dictionary<string, double?> scores = new(StringComparer.Ordinal);
        foreach (int k in ks)
        {
            scores[string.Create(CultureInfo.InvariantCulture, $"pass@{k}")] = Estimate(verdicts.Count, right, k);
        }

        double? score = Estimate(verdicts.Count, right, ks[0]);
        string reason = $"{right} of {verdicts.Count} samples are right";
        return new(score, $"{right}/{verdicts.Count}", ReplyGrade.VerdictOf(score), scores, "pass-at-k", reason);
    }
}
