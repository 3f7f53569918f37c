using System.Globalization;
using System.Text.Json.Nodes;
using Fulcrum.Llama.Export;
using Fulcrum.Llama.Gguf;
using Fulcrum.Tokenization;
using Fulcrum.Tracing;
using static Fulcrum.Llama.Gguf.GgufTokenType;

namespace Fulcrum.Llama.Tracing;

/// <summary>Compares the vocabulary and the pre-tokeniser of a file with those of an export of the folder.</summary>
/// <remarks>Settings that the GGUF format cannot express (NFC, a space before the first word only) are not
/// compared.</remarks>
internal static class TokenizerCheck
{
    /// <summary>Returns the first difference; null for none.</summary>
    /// <param name="folder">The folder of the tokenizer.</param>
    /// <param name="expected">Metadata of an export.</param>
    public static TraceFinding? Compare(string folder, IReadOnlyDictionary<string, GgufValue> expected, GgufFile file)
    {
        string? difference =
            Kind(expected, file)
            ?? Tokens(expected, file)
            ?? Cut(folder, expected, file)
            ?? Merges(expected, file)
            ?? Scores(expected, file)
            ?? Spaces(expected, file);
        return difference is null ? null : new TraceFinding(TraceRung.Gguf, TraceCause.PreTokenizer, difference);
    }

    private static string? Kind(IReadOnlyDictionary<string, GgufValue> expected, GgufFile file)
    {
        string wanted = (string)expected["tokenizer.ggml.model"].Content,
            found = file.Text("tokenizer.ggml.model") ?? "none";
        return wanted == found ? null : $"the tokenizer is of the kind '{wanted}', the file's of the kind '{found}'";
    }

    private static string? Tokens(IReadOnlyDictionary<string, GgufValue> expected, GgufFile file)
    {
        string[] wanted = (string[])expected["tokenizer.ggml.tokens"].Content,
            found = file.List<string>("tokenizer.ggml.tokens")!;
        int[] wantedTypes = (int[])expected["tokenizer.ggml.token_type"].Content,
            foundTypes = file.List<int>("tokenizer.ggml.token_type") ?? [.. found.Select(_ => Normal)];
        for (int i = 0; i < Math.Min(wanted.Length, found.Length); i++)
        {
            bool named = wantedTypes[i] is Normal or Control or UserDefined;
            if (named && wanted[i] != found[i])
            {
                return $"token {i} is '{wanted[i]}' in the tokenizer and '{found[i]}' in the file";
            }

            if (named && wantedTypes[i] != foundTypes[i] && (wantedTypes[i] == Normal || foundTypes[i] == Normal))
            {
                return $"the token {i} '{wanted[i]}' is {Type(wantedTypes[i])} in the tokenizer "
                    + $"and {Type(foundTypes[i])} in the file";
            }
        }

        return null;
    }

    private static string Type(int type) =>
        type switch
        {
            Normal => "a normal token",
            Control => "a special token",
            UserDefined => "an added token",
            _ => $"a token of type {type}",
        };

    private static string? Cut(string folder, IReadOnlyDictionary<string, GgufValue> expected, GgufFile file)
    {
        if (file.Text("tokenizer.ggml.model") != "gpt2")
        {
            return null;
        }

        string wanted = (string)expected["tokenizer.ggml.pre"].Content,
            found = file.Text("tokenizer.ggml.pre") ?? "default";
        PreTokenizerName? known = PreTokenizerName.Find(found);
        if (known is not null && known == PreTokenizerName.Find(wanted))
        {
            return PreTokenizerMatch.Of(new JsonFile(Path.Combine(folder, "tokenizer.json"))).Difference is { } inexact
                ? "llama.cpp has no pre-tokeniser that cuts texts as the tokenizer does; "
                    + $"the file names '{found}', which differs on {inexact}"
                : null;
        }

        string example = PreTokenizerMatch.Example(folder, known) is { } text ? $", for example the text {text}" : "";
        return $"the tokenizer cuts texts as the pre-tokeniser '{wanted}' does, the file names '{found}', "
            + $"which cuts otherwise{example}";
    }

    private static string? Merges(IReadOnlyDictionary<string, GgufValue> expected, GgufFile file)
    {
        if (!expected.TryGetValue("tokenizer.ggml.merges", out GgufValue? value))
        {
            return null;
        }

        string[] wanted = (string[])value.Content,
            found = file.List<string>("tokenizer.ggml.merges") ?? [];
        int at = wanted.AsSpan().CommonPrefixLength(found);
        return at == wanted.Length && at == found.Length
            ? null
            : $"merge {at} is '{(at < wanted.Length ? wanted[at] : "none")}' in the tokenizer and "
                + $"'{(at < found.Length ? found[at] : "none")}' in the file (of {wanted.Length} and {found.Length})";
    }

    // Scores give the order of merges in a SentencePiece vocabulary.
    private static string? Scores(IReadOnlyDictionary<string, GgufValue> expected, GgufFile file)
    {
        if (!expected.TryGetValue("tokenizer.ggml.scores", out GgufValue? value))
        {
            return null;
        }

        string[] tokens = (string[])expected["tokenizer.ggml.tokens"].Content;
        int[] types = (int[])expected["tokenizer.ggml.token_type"].Content;
        float[] wanted = (float[])value.Content,
            found = file.List<float>("tokenizer.ggml.scores") ?? [];
        int[] order =
        [
            .. Enumerable
                .Range(0, Math.Min(wanted.Length, found.Length))
                .Where(i => types[i] == Normal && tokens[i].Length > 1)
                .OrderByDescending(i => wanted[i]),
        ];
        (int First, int Second) wrong = order
            .Zip(order.Skip(1))
            .FirstOrDefault(p => !(found[p.First] > found[p.Second]));
        return wrong == default
            ? null
            : string.Create(
                CultureInfo.InvariantCulture,
                $"the tokenizer merges '{tokens[wrong.First]}' before '{tokens[wrong.Second]}', "
                    + $"but the file's scores of the two are {found[wrong.First]} and {found[wrong.Second]}, "
                    + $"so texts become other tokens"
            );
    }

    private static string? Spaces(IReadOnlyDictionary<string, GgufValue> expected, GgufFile file)
    {
        const string Key = "tokenizer.ggml.add_space_prefix";
        bool wanted = expected.GetValueOrDefault(Key)?.Content is not false,
            found = file.Flag(Key) != false;
        return file.Text("tokenizer.ggml.model") != "llama" || wanted == found
            ? null
            : $"the tokenizer {(wanted ? "puts a space" : "puts no space")} before a text, the file says the opposite";
    }
}
