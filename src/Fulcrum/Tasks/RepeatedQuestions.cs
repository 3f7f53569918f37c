using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Fulcrum.Files;

namespace Fulcrum.Tasks;

/// <summary>Rows of a custom file that ask the same question. Their answers are not independent of each other, so the
/// question is the unit of every interval, as for several forms of one question.</summary>
internal static class RepeatedQuestions
{
    /// <summary>Returns the items with the id of the first item of each question that is asked more than
    /// once.</summary>
    /// <param name="question">What the model is asked.</param>
    public static IReadOnlyList<Item> Joined(IReadOnlyList<Item> items, Func<Item, string> question)
    {
        Dictionary<(string Cluster, UInt128 Question), (string First, int Count)> asked = [];
        foreach (Item item in items)
        {
            (string, UInt128) key = (item.Cluster, Digest(question(item)));
            asked[key] = asked.TryGetValue(key, out (string First, int Count) seen)
                ? (seen.First, seen.Count + 1)
                : (item.Stem ?? item.Id, 1);
        }

        return asked.Values.All(a => a.Count == 1)
            ? items
            :
            [
                .. items.Select(i =>
                    asked[(i.Cluster, Digest(question(i)))] is { Count: > 1, First: var first } && first != i.Stem
                        ? i with
                        {
                            Stem = first,
                            IsJoined = true,
                        }
                        : i
                ),
            ];
    }

    // In place of the text: the questions of a million items take hundreds of megabytes.
    private static UInt128 Digest(string question) =>
        BinaryPrimitives.ReadUInt128LittleEndian(SHA256.HashData(MemoryMarshal.AsBytes(question.AsSpan())));

    /// <summary>Returns the digest of which items are joined; null: none is.</summary>
    public static string? DigestOf(IEnumerable<ITask> tasks)
    {
        string[] joined =
        [
            .. tasks.SelectMany(t => t.Items.Where(i => i.IsJoined).Select(i => $"{t.Name}\t{i.Id}\t{i.Stem}")),
        ];
        return joined.Length == 0 ? null : Sha256.OfTexts(joined);
    }

    /// <summary>Returns a sentence where worked examples hold the answers of items.</summary>
    /// <param name="shown">The number of items that are worked examples too.</param>
    public static IEnumerable<string> Shown(string task, int items, int shown) =>
        shown == 0
            ? []
            :
            [
                $"{task}: {shown} of {items} items are worked examples too, so prompts hold their answers. "
                    + "Take the worked examples from other rows",
            ];

    /// <summary>Returns a sentence where questions repeat.</summary>
    /// <param name="rows">The number of rows from which the items are made: a row may have several forms.</param>
    public static IEnumerable<string> Doubts(string task, IReadOnlyList<Item> items, int rows)
    {
        int questions = items.DistinctBy(i => i.Stem ?? i.Id, StringComparer.Ordinal).Count();
        return questions < rows
            ?
            [
                $"{task}: {rows} rows ask only {questions} different questions. Rows with the same question count as "
                    + "one, because their answers are not independent of each other",
            ]
            : [];
    }
}
