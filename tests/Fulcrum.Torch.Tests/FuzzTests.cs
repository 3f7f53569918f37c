using Fulcrum.Fuzz;
using Xunit;

namespace Fulcrum.Torch.Tests;

/// <summary>The corpus of bench/Fulcrum.Fuzz and a few mutations of it; the long campaign is recorded in
/// docs/reliability.md.</summary>
/// <remarks>Its queries run in this process, up to the limit of memory that SQLite has for the whole of it: beside them
/// no other test could open a database.</remarks>
[Collection(nameof(Alone))]
public sealed class FuzzTests
{
    private const int Mutations = 200;

    [Fact]
    public void Fuzz_corpus_is_accepted_or_refused_with_one_sentence()
    {
        using Targets targets = new();
        foreach ((string name, Action<byte[]> target) in targets.All)
        {
            byte[][] seeds =
            [
                .. Directory
                    .EnumerateFiles(Path.Combine(SharedData.Project, "bench", "Fulcrum.Fuzz", "corpus", name))
                    .Order(StringComparer.Ordinal)
                    .Select(File.ReadAllBytes),
            ];
            Random random = new(7);
            Mutator mutator = new(seeds, random);
            Assert.NotEmpty(seeds);
            foreach (
                byte[] input in seeds.Concat(
                    Enumerable
                        .Range(0, Mutations)
                        .Select(i => mutator.Mutate(seeds[i % seeds.Length], seeds[random.Next(seeds.Length)]))
                )
            )
            {
                Assert.True(
                    Refused(target, input) is null or FulcrumException,
                    $"{name}: {Refused(target, input)} on {Convert.ToBase64String(input)}"
                );
            }
        }
    }

    private static Exception? Refused(Action<byte[]> target, byte[] input) => Record.Exception(() => target(input));
}
