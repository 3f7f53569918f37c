using System.Globalization;
using Fulcrum.Models;
using Fulcrum.Statistics;
using Fulcrum.Tasks;

namespace OwnTaskKind.Sums;

/// <summary>Sums drawn by a seed: how each is asked, and how the reply is graded.</summary>
internal sealed class SumsTask(string name, int count, int largest, int seed) : ITask
{
    public string Name => name;

    // A sum cannot be guessed.
    public double? ChanceAccuracy => null;

    public IReadOnlyList<Item> Items { get; } = Drawn(RandomStream.For(seed, "sums"), count, largest);

    public IReadOnlyDictionary<string, string> Protocol { get; } =
        new Dictionary<string, string> { ["largest"] = largest.ToString(CultureInfo.InvariantCulture) };

    public Question Ask(Item item) => new Question.Write(new Prompt.Text($"{item.Input} ="), MaxNewTokens: 8, ["\n"]);

    public Grade Grade(Item item, Reply reply) =>
        ((Reply.Written)reply).Text.Trim() is var text && text == item.Target
            ? new Grade(1, text, "correct")
            : new Grade(0, text, "wrong");

    // Lets the guards check that the task grades its own reference answers as correct.
    public Reply Gold(Item item) => new Reply.Written(item.Target, FinishReason.Stop, 1);

    private static Item[] Drawn(RandomStream random, int count, int largest) =>
        [
            .. Enumerable
                .Range(0, count)
                .Select(i => (Index: i, First: random.NextInt(largest + 1), Second: random.NextInt(largest + 1)))
                .Select(s => new Item(
                    $"sum/{s.Index}",
                    $"sum/{s.Index}",
                    s.First + s.Second > 99 ? "three digits" : "up to two digits",
                    $"{s.First} + {s.Second}",
                    (s.First + s.Second).ToString(CultureInfo.InvariantCulture)
                )),
        ];
}
