using System.Text.Json.Serialization;

namespace Fulcrum.Tasks;

/// <summary>How the written replies of one side ended.</summary>
/// <param name="Replies">All replies.</param>
/// <param name="AtLimit">Replies that ended because they reached the token limit.</param>
/// <param name="Unparsable">Replies from which no answer could be read.</param>
internal sealed record ReplyCounts(int Replies, int AtLimit, int Unparsable)
{
    // What the filters of lm-evaluation-harness give where a pattern is not found.
    private const string NoMatch = "[invalid]";
    private const double LargestShare = 0.1;

    /// <summary>Whether so many replies reached the limit that the scores may come from it.</summary>
    [JsonIgnore]
    public bool ManyAtLimit => AtLimit > LargestShare * Replies;

    /// <summary>Whether no answer could be read from many replies.</summary>
    [JsonIgnore]
    public bool ManyUnparsable => Unparsable > LargestShare * Replies;

    /// <summary>Counts the replies of a task; null where nothing was written.</summary>
    public static ReplyCounts? Of(IReadOnlyCollection<Answer> answers)
    {
        int unparsable = answers.Count(IsUnparsable);
        return answers.Any(a => a.Finish is not null) || unparsable > 0
            ? new ReplyCounts(answers.Count, answers.Count(IsAtLimit), unparsable)
            : null;
    }

    /// <summary>Whether a reply ended because it reached the token limit, so that it may be incomplete.</summary>
    public static bool IsAtLimit(Answer answer) => answer.Finish == "length";

    /// <summary>Whether no answer could be read from a reply.</summary>
    public static bool IsUnparsable(Answer answer) => answer.Verdict == "unparsable" || answer.Prediction == NoMatch;

    /// <summary>Says of one side that many of its replies are empty, and what to do.</summary>
    public static IEnumerable<string> Empty(string task, IReadOnlyCollection<Answer> answers)
    {
        int empty = answers.Count(a => a.Output is { } reply && string.IsNullOrWhiteSpace(reply));
        return empty <= LargestShare * answers.Count
            ? []
            :
            [
                $"{task}: {empty} of {answers.Count} replies are empty. Look at the prompt, at its chat template and "
                    + "at the texts that end a reply",
            ];
    }

    /// <summary>Says of one side what its counts show to be wrong, and what to do; a sentence each. A comparison holds
    /// the same counts.</summary>
    /// <param name="limit">The name of the setting that limits a reply; null: there is none.</param>
    public static IEnumerable<string> Warnings(string task, IReadOnlyCollection<Answer> answers, string? limit = null)
    {
        ReplyCounts? counts = Of(answers);
        if (counts is { ManyAtLimit: true })
        {
            string remedy = limit is null ? "Look at the replies" : $"Raise {limit}, or look at the replies";
            yield return $"{task}: {counts.AtLimit} of {counts.Replies} replies ended at the token limit, so they may "
                + $"be incomplete. {remedy}";
        }

        if (counts is { ManyUnparsable: true })
        {
            yield return $"{task}: no answer could be read from {counts.Unparsable} of {counts.Replies} replies. "
                + "Look at the replies and at the form that the task expects";
        }

        Answer[] unscored = [.. answers.Where(a => a.Score is null)];
        if (unscored.Length > LargestShare * answers.Count && answers.Any(a => a.Scores is null))
        {
            string why = unscored[0].Reason is { } reason ? $" ({reason})" : "";
            yield return $"{task}: {unscored.Length} of {answers.Count} items could not be scored, the first is "
                + $"{unscored[0].Id}{why}. Only scored items are compared";
        }

        double[] scores = [.. answers.Select(a => a.Score).OfType<double>()];
        if (scores.Length > 0 && scores.All(s => s == 0))
        {
            yield return $"{task}: none of {scores.Length} items was solved. This is normal for a model that "
                + "cannot do the task yet. Otherwise look at the replies, and at how the task reads and matches them";
        }
    }
}
