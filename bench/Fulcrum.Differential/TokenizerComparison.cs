using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Fulcrum.Tokenization;
using HuggingFace = Tokenizers.DotNet;

namespace Fulcrum.Differential;

/// <summary>One difference between two implementations.</summary>
internal sealed record Difference(string Where, string Input, string Ours, string Theirs);

/// <summary>Compares the tokenizer with Hugging Face's own library on random texts.</summary>
internal static class TokenizerComparison
{
    /// <summary>Encodes random texts with both, and decodes what came out.</summary>
    /// <param name="folder">Holds the vocabularies of <see cref="Layouts"/>.</param>
    public static IEnumerable<(string Layout, int Texts, IReadOnlyList<Difference> Differences)> Run(
        string folder,
        int texts,
        int seed
    ) =>
        Run(
            folder,
            () =>
                new RandomTexts(new Random(seed)) is var random
                    ? Enumerable.Range(0, texts).Select(_ => random.Next())
                    : []
        );

    /// <summary>The same for every character by itself.</summary>
    public static IEnumerable<(string Layout, int Texts, IReadOnlyList<Difference> Differences)> Characters(
        string folder
    ) => Run(folder, () => Enumerable.Range(0, 0x110000).Where(Rune.IsValid).Select(c => new Rune(c).ToString()));

    private static IEnumerable<(string Layout, int Texts, IReadOnlyList<Difference> Differences)> Run(
        string folder,
        Func<IEnumerable<string>> texts
    )
    {
        foreach ((string name, JsonObject layout) in Layouts.All(folder))
        {
            string place = Directory.CreateTempSubdirectory("differential").FullName,
                path = Path.Combine(place, "tokenizer.json");
            File.WriteAllText(path, layout.ToJsonString());
            Tokenizer ours = Tokenizer.Load(place);
            HuggingFace.Tokenizer theirs = new(vocabPath: path);
            (int count, List<Difference> found) = (0, []);
            foreach (string text in texts())
            {
                count++;
                found.AddRange(Compare(name, text, ours, theirs));
            }

            Directory.Delete(place, recursive: true);
            yield return (name, count, found);
        }
    }

    private static IEnumerable<Difference> Compare(
        string layout,
        string text,
        Tokenizer ours,
        HuggingFace.Tokenizer theirs
    )
    {
        int[] ids = ours.Encode(text, addSpecialTokens: true),
            expected = [.. theirs.Encode(text).Select(i => (int)i)];
        if (!ids.SequenceEqual(expected))
        {
            yield return new Difference($"{layout}, encode", text, Shown(ids), Shown(expected));
            yield break;
        }

        string decoded = ours.Decode(ids, skipSpecialTokens: true),
            wanted = theirs.Decode([.. expected.Select(i => (uint)i)]);
        if (decoded != wanted)
        {
            yield return new Difference($"{layout}, decode", text, decoded, wanted);
        }
    }

    private static string Shown(int[] ids) =>
        string.Join(' ', ids.Select(i => i.ToString(CultureInfo.InvariantCulture)));
}
