using System.Runtime.InteropServices;

namespace Fulcrum.Torch.Inference;

/// <summary>Numbers of draft tokens.</summary>
/// <param name="Drafted">Draft tokens that were computed.</param>
/// <param name="Accepted">Those of them that saved a later step of their sequence.</param>
internal readonly record struct DraftCounts(long Drafted, long Accepted);

/// <summary>Draft tokens of one sequence in one step.</summary>
/// <param name="Equal">Number of equal tokens before the place that they are copied from.</param>
/// <param name="Tokens">The tokens.</param>
internal sealed record Draft(int Equal, int[] Tokens)
{
    /// <summary>No tokens.</summary>
    public static readonly Draft None = new(0, []);
}

/// <summary>Chooses the draft tokens of each decoding step (speculative decoding, arXiv:2211.17192, with drafts of
/// <see cref="PromptLookup"/>). Only the time depends on these choices: a draft token counts only if the model itself
/// chooses it.</summary>
/// <remarks>Drafts are copied from the sequence itself or from a completion that has finished. See
/// docs/decisions/0089-prompt-lookup.md.</remarks>
/// <param name="mostRows">Maximum number of rows of a step. A row costs about 1 / mostRows of what a step of one row
/// costs.</param>
internal sealed class DraftPolicy(int mostRows)
{
    // Between two completions, and after the last one. No token has this id.
    private const int Separator = -1;

    // A draft token must be worth this many times the time that it costs.
    private const double Margin = 2;

    // The acceptance after n equal tokens is taken as n / (n + 2) at first, with the weight of this many tokens.
    private const double PriorWeight = 4;

    private readonly double rowCost = 1.0 / mostRows;
    private readonly int[] accepted = new int[PromptLookup.Longest + 1],
        tested = new int[PromptLookup.Longest + 1];
    private readonly List<int> finished = [Separator];

    /// <summary>Of all steps so far.</summary>
    public DraftCounts Counts { get; private set; }

    /// <summary>Returns a draft for each running sequence, most often an empty one.</summary>
    /// <remarks>An accepted token saves its sequence a step, of which each sequence has a share, and a row of a later
    /// step. Rows are given one after the other to the token with the largest expected saving, until that is less than
    /// <see cref="Margin"/> rows.</remarks>
    public Draft[] Propose(IReadOnlyList<Sequence> running)
    {
        long left = running.Sum(s => (long)s.Left);
        int room = mostRows - running.Count;
        Draft[] found = new Draft[running.Count];
        double[] savings = new double[running.Count];
        for (int i = 0; i < found.Length; i++)
        {
            savings[i] = (double)running[i].Left / left + rowCost;
            found[i] = room > 0 && IsWorth(savings[i]) ? Find(running[i], room) : Draft.None;
        }

        int[] counts = Granted(found, savings, room);
        for (int i = 0; i < found.Length; i++)
        {
            found[i] = found[i] with { Tokens = found[i].Tokens[..counts[i]] };
        }

        return found;
    }

    /// <summary>Learns from a step.</summary>
    /// <param name="chosen">The tokens that the step added to the draft's sequence, at least one.</param>
    public void Learn(Draft draft, ReadOnlySpan<int> chosen)
    {
        int equal = chosen.CommonPrefixLength(draft.Tokens);
        for (int i = 0; i < Math.Min(chosen.Length, draft.Tokens.Length); i++)
        {
            int bucket = Math.Min(draft.Equal + i, PromptLookup.Longest);
            tested[bucket]++;
            accepted[bucket] += i < equal ? 1 : 0;
        }

        Counts = new DraftCounts(Counts.Drafted + draft.Tokens.Length, Counts.Accepted + chosen.Length - 1);
    }

    /// <summary>Adds a finished completion to the texts that drafts are copied from.</summary>
    public void Add(IReadOnlyList<int> completion) => finished.AddRange([.. completion, Separator]);

    private bool IsWorth(double saving) => saving >= Margin * rowCost;

    // The number of tokens of each draft that get a row.
    private int[] Granted(Draft[] found, double[] savings, int room)
    {
        int[] counts = new int[found.Length];
        double[] expected = new double[found.Length];
        for (int i = 0; i < found.Length; i++)
        {
            expected[i] = Acceptance(found[i], 0) * savings[i];
        }

        for (; room > 0 && IsWorth(expected.Max()); room--)
        {
            int best = Array.IndexOf(expected, expected.Max());
            counts[best]++;
            expected[best] *= Acceptance(found[best], counts[best]);
        }

        return counts;
    }

    // The probability that a token of a draft is accepted if those before it are; 0 if there is no such token.
    private double Acceptance(Draft draft, int index)
    {
        if (index >= draft.Tokens.Length)
        {
            return 0;
        }

        int bucket = Math.Min(draft.Equal + index, PromptLookup.Longest);
        return (accepted[bucket] + PriorWeight * bucket / (bucket + 2)) / (tested[bucket] + PriorWeight);
    }

    private Draft Find(Sequence sequence, int room)
    {
        int most = Math.Min(room, sequence.Left - 1);
        if (most < 1 || sequence.Request.Sampling is not null)
        {
            return Draft.None;
        }

        ReadOnlySpan<int> text = sequence.Text,
            others = CollectionsMarshal.AsSpan(finished);
        (int equal, int next) = PromptLookup.Find(text, text);
        (int equalElsewhere, int nextElsewhere) = PromptLookup.Find(others, text);
        return equalElsewhere > equal
                ? new Draft(equalElsewhere, PromptLookup.Copy(others, nextElsewhere, most, Separator))
            : equal > 0 ? new Draft(equal, PromptLookup.Copy(text, next, most, Separator))
            : Draft.None;
    }
}
