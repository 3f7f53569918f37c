using System.Text;
using Fulcrum.Models;
using Fulcrum.Studies;
using Fulcrum.Tasks;

namespace Fulcrum.Guards;

/// <summary>One item that occurs in the training data.</summary>
/// <param name="Share">The share of the item's shingles that the example contains.</param>
/// <param name="Exact">Whether the example contains the item's words as one sequence.</param>
internal sealed record Overlap(string Item, string Example, double Share, bool Exact);

/// <summary>Finds items of a task in the training data, with the same words or nearly the same.</summary>
/// <remarks>
/// Texts are compared as lower-case words without punctuation. Near duplicates by shingles (Broder 1997, "On the
/// resemblance and containment of documents", section 2), containment rather than resemblance because a training prompt
/// holds a schema or examples besides the question. Shingles are three words; in scripts without spaces between words
/// they are five characters. Items with fewer than six distinct shingles have too few to tell apart. They count only if
/// they equal an example: its question, the last line of its question, or question and completion together.
/// Items of a few digits without letters are compared only if chance does not explain them
/// (<see cref="FewDigitItems"/>).
/// </remarks>
internal static class TrainingOverlap
{
    private const int WordShingle = 3,
        CharacterShingle = 5,
        FewestShingles = 6;

    /// <summary>The largest share of items that may occur in the training data.</summary>
    public const double MostItems = 0.01;

    private const double NearlyAll = 0.9;
    private const long Prime = 1099511628211;

    /// <summary>Returns the items that are found, in their order, each with the example that contains most of
    /// it.</summary>
    /// <param name="withinCluster">Whether an item is compared only with examples of its own cluster, because the same
    /// words over another database are another question.</param>
    public static IEnumerable<Overlap> Find(ITask benchmark, IReadOnlyList<TrainingText> training, bool withinCluster)
    {
        HashSet<string> clusters = [.. benchmark.Items.Select(i => i.Cluster)];
        TrainingText[] examples =
        [
            .. training.Where(t => !withinCluster || clusters.Contains(t.Cluster)).SelectMany(t => t.Replies()),
        ];
        string[] texts = [.. examples.Select(t => Words(TextOf(t)))];
        Dictionary<long, List<int>> examplesByShingle = Index(texts);
        ILookup<(string, string), int> examplesByText = Wholes(examples, withinCluster);
        HashSet<Item> byChance = FewDigitItems.Explained(benchmark.Items, examples);
        foreach (Item item in benchmark.Items.Where(i => !byChance.Contains(i)))
        {
            string words = Words(benchmark.Content(item));
            string cluster = withinCluster ? item.Cluster : "";
            // The same question with other options is another question.
            bool hasNoOptions = benchmark.Content(item) == $"{item.Input}\n{item.Target}";
            int[] equal =
            [
                .. hasNoOptions ? examplesByText[(Words(item.Input), cluster)] : [],
                .. examplesByText[(words, cluster)],
            ];
            if (equal.Length > 0)
            {
                yield return new Overlap(item.Id, examples[equal.Min()].Id, 1, Exact: true);
                continue;
            }

            long[] shingles = [.. Shingles(words).Distinct()];
            if (shingles.Length < FewestShingles && !withinCluster)
            {
                continue;
            }

            (int nearest, double share) = Nearest(
                shingles,
                examplesByShingle,
                i => !withinCluster || examples[i].Cluster == item.Cluster
            );
            if (share >= NearlyAll)
            {
                bool isExact = $" {texts[nearest]} ".Contains($" {words} ", StringComparison.Ordinal);
                yield return new Overlap(item.Id, examples[nearest].Id, share, isExact);
            }
        }
    }

    /// <summary>Returns the texts of an example that may equal an item: its question, the last line of its question,
    /// and question and completion together.</summary>
    internal static IEnumerable<string> Forms(TrainingText text) =>
        new[] { Question(text), Question(text).TrimEnd().Split('\n')[^1], TextOf(text) }
            .Select(Words)
            .Where(w => w.Length > 0)
            .Distinct(StringComparer.Ordinal);

    private static ILookup<(string, string), int> Wholes(TrainingText[] training, bool withinCluster) =>
        training
            .SelectMany((text, i) => Forms(text).Select(w => (Key: (w, withinCluster ? text.Cluster : ""), Example: i)))
            .ToLookup(w => w.Key, w => w.Example);

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

    /// <summary>Returns the last question and the completion of an example, without earlier turns.</summary>
    private static string TextOf(TrainingText text) => $"{Question(text)}\n{text.Completion}";

    private static string Question(TrainingText text) =>
        text.Prompt switch
        {
            Prompt.Chat chat => string.Join(
                '\n',
                chat.Messages.Where(m => m.Role == "user").TakeLast(1).Select(m => m.Content)
            ),
            Prompt.Text plain => plain.Value,
            _ => "",
        };

    private static IEnumerable<long> Shingles(string words)
    {
        string[] each = words.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        long[] spaced = [.. each.Where(w => !IsUnspaced(w)).Select(Hash)];
        for (int i = 0; i + WordShingle <= spaced.Length; i++)
        {
            yield return unchecked((((spaced[i] * Prime) + spaced[i + 1]) * Prime) + spaced[i + 2]);
        }

        string unspaced = string.Concat(each.Where(IsUnspaced));
        for (int i = 0; i + CharacterShingle <= unspaced.Length; i++)
        {
            yield return Hash(unspaced.Substring(i, CharacterShingle));
        }
    }

    // Thai, Lao, Tibetan, Burmese, Khmer, Japanese and Chinese are written without spaces between words.
    private static bool IsUnspaced(string word) =>
        word.Any(c =>
            c
                is (>= '\u0e00' and <= '\u0fff')
                    or (>= '\u1000' and <= '\u109f')
                    or (>= '\u1780' and <= '\u17ff')
                    or (>= '\u3040' and <= '\u30ff')
                    or (>= '\u3400' and <= '\u9fff')
        );

    /// <summary>Returns the FNV-1a hash, which is the same in every process, unlike the hash codes of
    /// strings.</summary>
    private static long Hash(string word) =>
        word.Aggregate(-3750763034362895579L, (hash, c) => unchecked((hash ^ c) * Prime));

    internal static string Words(string text)
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
