using Fulcrum.Tasks;
using Xunit;

namespace Fulcrum.Tests;

public sealed class GrowingAnswersTests : IDisposable
{
    private const int Portion = 3;
    private readonly string folder = Directory.CreateTempSubdirectory().FullName;
    private readonly Item[] items =
    [
        .. Enumerable.Range(0, 8).Select(i => new Item($"test/{i}", "c", "g", $"ünput {i}", "A")),
    ];

    private string Answers => Path.Combine(folder, "b.jsonl");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("")]
    [InlineData(".partial")]
    public void A_damaged_byte_costs_its_portion_and_those_behind_it(string ending)
    {
        Measure();
        byte[] whole = File.ReadAllBytes(Answers),
            seals = File.ReadAllBytes(Answers + ".seals");
        for (int at = 0; at < whole.Length; at += 61)
        {
            byte[] damaged = [.. whole];
            damaged[at] ^= 0x10;
            File.Delete(Answers);
            File.WriteAllBytes(Answers + ending, damaged);
            File.WriteAllBytes(Answers + ".seals", seals);

            int kept = Measure();

            Assert.InRange(whole.Take(at).Count(b => b == '\n') / Portion * Portion - kept, 0, 0);
            Assert.Equal(whole, File.ReadAllBytes(Answers));
        }
    }

    [Fact]
    public void A_file_that_was_cut_off_is_completed_to_the_same_bytes()
    {
        Measure();
        byte[] whole = File.ReadAllBytes(Answers),
            seals = File.ReadAllBytes(Answers + ".seals");
        for (int length = 0; length < whole.Length; length += 61)
        {
            File.Delete(Answers);
            File.WriteAllBytes(Answers + ".partial", whole[..length]);
            File.WriteAllBytes(Answers + ".seals", seals[..(seals.Length * length / whole.Length)]);

            Measure();

            Assert.Equal(whole, File.ReadAllBytes(Answers));
            Assert.Equal(seals, File.ReadAllBytes(Answers + ".seals"));
        }
    }

    [Fact]
    public void Answers_to_other_items_or_of_another_protocol_are_not_kept()
    {
        Measure();

        Assert.Equal(0, Measure("another"));
        Assert.Equal(8, Measure("another"));
    }

    [Theory]
    [InlineData(2, 2)]
    [InlineData(3, 3)]
    [InlineData(2, 1)]
    public void Parts_of_several_processes_are_joined_to_the_bytes_of_one(int processes, int done)
    {
        Measure();
        byte[] whole = File.ReadAllBytes(Answers),
            seals = File.ReadAllBytes(Answers + ".seals");
        File.Delete(Answers);
        File.Delete(Answers + ".seals");
        AnswerParts parts = new(Path.Combine(folder, "parts"));
        for (int p = 0; p < done; p++)
        {
            parts.Write("b", items, [3, 6, 8], c => c % processes == p, own => [.. own.Select(i => AnswerTo(i, "p"))]);
        }

        parts.Join("b", Answers, 3);
        parts.Remove("b", 3);
        int kept = Measure();

        Assert.Equal(done < processes ? 3 : 8, kept);
        Assert.Equal(whole, File.ReadAllBytes(Answers));
        Assert.Equal(seals, File.ReadAllBytes(Answers + ".seals"));
        Assert.False(Directory.Exists(Path.Combine(folder, "parts")));
    }

    private static Answer AnswerTo(Item i, string protocol) =>
        new(i.Id, i.Cluster, i.Group, 1, "A", i.Target, "correct", Input: i.Input, Protocol: protocol);

    private int Measure(string protocol = "p")
    {
        using GrowingAnswers file = new(Answers, items, protocol, [3, 6, 8]);
        int kept = file.Done;
        while (file.Done < items.Length)
        {
            file.Append([.. items.Skip(file.Done).Take(Portion).Select(i => AnswerTo(i, protocol))]);
        }

        file.Complete();
        return kept;
    }
}
