using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Fulcrum.Data;
using Fulcrum.Statistics;

namespace Fulcrum.Tasks.Writing;

/// <summary>Finds answers that occur in replies by luck, where a reply needs only contain its answer.</summary>
internal static class LuckyAnswers
{
    // A word of three letters is rarely a part of another one.
    private const int Short = 2;
    private const int MostCompared = 200;
    private const double Many = 0.1;
    private const string Remedy =
        "Match the whole answer instead (matching exact or normalised), or take it out of the reply with a "
        + "pattern (extract)";

    // A pattern that backtracks can take its whole time limit on each of thousands of replies.
    private static readonly TimeSpan Budget = TimeSpan.FromSeconds(3),
        Longest = TimeSpan.FromMilliseconds(20);

    /// <summary>Returns a sentence where many right answers may be luck.</summary>
    /// <param name="targets">The right answers of each item.</param>
    /// <param name="answers">In the order of <paramref name="targets"/>; null: before any item was asked.</param>
    /// <param name="matches">Whether a reply matches a target, found out within a time.</param>
    public static IEnumerable<string> Doubts(
        string task,
        Matching matching,
        IReadOnlyList<IReadOnlyList<string>> targets,
        IReadOnlyList<Answer>? answers,
        Func<string, string, TimeSpan, bool> matches
    )
    {
        string kind = EnumNames.Of(matching);
        if (answers is null)
        {
            string[] shortAnswers = matching == Matching.Contains ? ShortAnswers(targets) : [];
            if (shortAnswers.Length > 0)
            {
                yield return $"{task}: matching is {kind}, and {shortAnswers.Length} of {targets.Count} answers "
                    + $"have no more than {Short} characters, such as '{shortAnswers[0].Trim()}'. Many replies "
                    + $"contain so short a text by luck. {Remedy}";
            }
        }
        else if (BaseRate(targets, answers, matches, Budget) is { } rate && rate >= Many)
        {
            // Of questions, as in every table.
            double score = QuestionForms.Joined(answers).Average(a => a.Score ?? 0);
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"{task}: matching is {kind}, and the answer to an item occurs in {rate * 100:0.0}% of the replies to "
                    + $"items with another answer. So much of the score of {score * 100:0.0}% is luck. {Remedy}"
            );
        }
    }

    // Returns a short answer of each item that has one.
    private static string[] ShortAnswers(IReadOnlyList<IReadOnlyList<string>> targets) =>
        [.. targets.Select(t => t.FirstOrDefault(answer => LengthOf(answer) <= Short)).OfType<string>()];

    /// <summary>Returns how often an answer occurs in the replies to items with another answer, as a fraction; null:
    /// all items have the same answer.</summary>
    /// <remarks>Of many items some, evenly spread, are compared with each other.</remarks>
    /// <param name="budget">After this time no further pair is compared.</param>
    internal static double? BaseRate(
        IReadOnlyList<IReadOnlyList<string>> targets,
        IReadOnlyList<Answer> answers,
        Func<string, string, TimeSpan, bool> matches,
        TimeSpan budget
    )
    {
        int[] chosen = EvenSample.Of(Math.Min(targets.Count, answers.Count), MostCompared);
        Stopwatch spent = Stopwatch.StartNew();
        // Each item with the next one, then each with the next but one: pairs of all items, whenever the time is up.
        bool[] hits =
        [
            .. Enumerable
                .Range(1, Math.Max(0, chosen.Length - 1))
                .SelectMany(ahead => chosen.Select((item, i) => (item, other: chosen[(i + ahead) % chosen.Length])))
                .TakeWhile(_ => spent.Elapsed < budget)
                .Where(p => !targets[p.item].Intersect(targets[p.other]).Any())
                .Select(p => targets[p.item].Any(t => Matches(answers[p.other].Prediction, t, matches))),
        ];
        return hits.Length == 0 ? null : hits.Average(h => h ? 1.0 : 0);
    }

    private static bool Matches(string reply, string target, Func<string, string, TimeSpan, bool> matches)
    {
        try
        {
            return matches(reply, target, Longest);
        }
        catch (RegexMatchTimeoutException)
        {
            return false;
        }
    }

    private static int LengthOf(string text) => new StringInfo(text.Trim()).LengthInTextElements;
}
