using System.Text;
using Fulcrum.Models;
using Fulcrum.Studies;
using Fulcrum.Tasks;

namespace Fulcrum.Guards;

/// <summary>One item that stands in the training data.</summary>
/// <param name="Share">Of the item's shingles, the part that the example contains.</param>
/// <param name="Exact">The item's words stand in the example in one piece.</param>
public sealed record Overlap(string Item, string Example, double Share, bool Exact);

/// <summary>Finds items of a benchmark in the training data: the same words, or nearly.</summary>
/// <remarks>
/// Texts are compared as lower-case words without punctuation. Near duplicates by shingles (Broder 1997, "On the
/// resemblance and containment of documents",
/// section 2), containment rather than resemblance because a training prompt holds a schema or examples besides the
/// question. Items of
/// fewer than eight words have too few shingles to tell apart; they count only where they are the whole of a question
/// of the same cluster.
/// </remarks>
public static class TrainingOverlap
{
    private const int Shingle = 3,
        FewestWords = 8;
    private const double NearlyAll = 0.9;
    private const long Prime = 1099511628211;

    /// <summary>The items found, in their order, each with the example that contains most of it.</summary>
    /// <param name="withinCluster">The same words over another database are another question: look only at examples of
    /// the item's own cluster.</param>
    public static IEnumerable<Overlap> Find(ITask benchmark, IReadOnlyList<TrainingText> training, bool withinCluster)
    {
        HashSet<string> clusters = [.. benchmark.Items.Select(i => i.Cluster)];
        TrainingText[] eligible = [.. training.Where(t => !withinCluster || clusters.Contains(t.Cluster))];
        string[] texts = [.. eligible.Select(t => Words(TextOf(t)))];
        Dictionary<long, List<int>> holders = Index(texts);
        foreach (Item item in benchmark.Items)
        {
            string words = Words(benchmark.Content(item));
            long[] shingles = [.. Shingles(words).Distinct()];
            if (shingles.Length < FewestWords - Shingle + 1 && !withinCluster)
            {
                continue;
            }

            if (
                Nearest(shingles, holders, i => !withinCluster || eligible[i].Cluster == item.Cluster)
                    is var (example, share)
                && share >= NearlyAll
            )
            {
                yield return new Overlap(
                    item.Id,
                    eligible[example].Id,
                    share,
                    $" {texts[example]} ".Contains($" {words} ", StringComparison.Ordinal)
                );
            }
        }
    }

    private static (int Example, double Share) Nearest(
        long[] shingles,
        Dictionary<long, List<int>> holders,
        Func<int, bool> eligible
    )
    {
        Dictionary<int, int> shared = [];
        foreach (long shingle in shingles)
        {
            foreach (int holder in holders.GetValueOrDefault(shingle) ?? [])
            {
                shared[holder] = shared.GetValueOrDefault(holder) + 1;
            }
        }

        (int example, int most) = shared
            .Where(s => eligible(s.Key))
            .OrderByDescending(s => s.Value)
            .ThenBy(s => s.Key)
            .Select(s => (s.Key, s.Value))
            .FirstOrDefault();
        return (example, shingles.Length == 0 ? 0 : (double)most / shingles.Length);
    }

    private static Dictionary<long, List<int>> Index(string[] texts)
    {
        Dictionary<long, List<int>> holders = [];
        for (int i = 0; i < texts.Length; i++)
        {
            foreach (long shingle in Shingles(texts[i]).Distinct())
            {
                if (!holders.TryGetValue(shingle, out List<int>? list))
                {
                    holders.Add(shingle, list = []);
                }

                list.Add(i);
            }
        }

        return holders;
    }

    /// <summary>What an example says of its own: its last question and its completion, without the conversation
    /// before.</summary>
    private static string TextOf(TrainingText text) =>
        (
            text.Prompt switch
            {
                Prompt.Chat chat => string.Join(
                    '\n',
                    chat.Messages.Where(m => m.Role == "user").TakeLast(1).Select(m => m.Content)
                ),
                Prompt.Text plain => plain.Value,
                _ => "",
            }
        )
        + "\n"
        + text.Completion;

    private static IEnumerable<long> Shingles(string words)
    {
        long[] each = [.. words.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Hash)];
        for (int i = 0; i + Shingle <= each.Length; i++)
        {
            yield return unchecked((((each[i] * Prime) + each[i + 1]) * Prime) + each[i + 2]);
        }
    }

    /// <summary>FNV-1a: the same in every process, unlike the hash codes of strings.</summary>
    private static long Hash(string word) =>
        word.Aggregate(-3750763034362895579L, (hash, c) => unchecked((hash ^ c) * Prime));

    private static string Words(string text)
    {
        StringBuilder words = new(text.Length);
        foreach (char c in text)
        {
            if (char.IsLetterOrDigit(c))
            {
                words.Append(char.ToLowerInvariant(c));
            }
            else if (words.Length > 0 && words[^1] != ' ')
            {
                words.Append(' ');
            }
        }

        return words.ToString().TrimEnd();
    }
}
