using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Fulcrum.Tokenization;

/// <summary>Turns tokens back into text by the <c>decoder</c> of a <c>tokenizer.json</c>. Each step turns a list of
/// texts into a list of texts.</summary>
internal static class TokenDecoder
{
    /// <summary>Returns the decoder as one function.</summary>
    public static Func<IReadOnlyList<string>, string> Parse(JsonNode? node, JsonFile file)
    {
        if (node is null)
        {
            return tokens => string.Join(' ', tokens);
        }

        Func<List<string>, List<string>> step = Step(node, file);
        return tokens =>
        {
            using TextPatience patience = TextPatience.Begin(tokens.Sum(t => (long)t.Length));
            return string.Concat(step([.. tokens]));
        };
    }

    private static Func<List<string>, List<string>> Step(JsonNode? node, JsonFile file) =>
        file.Text(node, "type") switch
        {
            "ByteLevel" => ByteLevel,
            "Fuse" => tokens => [string.Concat(tokens)],
            "ByteFallback" => ByteFallback,
            "Replace" => Replace(node!, file),
            "Strip" => Strip(file.Text(node, "content"), file.Whole(node, "start"), file.Whole(node, "stop")),
            "BPEDecoder" => Suffix(node!["suffix"] is null ? "</w>" : file.Text(node, "suffix"), file),
            "Metaspace" => Metaspace(
                PreTokenizers.Mark(node!, file),
                PreTokenizers.PrependScheme(node!, file) != "never"
            ),
            "Sequence" => Chain([.. file.Steps(node, "decoders").Select(d => Step(d, file))]),
            string other => throw file.Error($"the decoder '{other}' is not supported"),
        };

    private static Func<List<string>, List<string>> Chain(Func<List<string>, List<string>>[] steps) =>
        tokens => steps.Aggregate(tokens, (texts, step) => step(texts));

    private static List<string> ByteLevel(List<string> tokens)
    {
        List<byte> bytes = [];
        tokens.ForEach(token => ByteAlphabet.Decode(token, bytes));
        return [Encoding.UTF8.GetString([.. bytes])];
    }

    /// <summary>Runs of &lt;0xNN&gt; become the UTF-8 text that they encode, or one replacement character per byte if
    /// they encode none.</summary>
    private static List<string> ByteFallback(List<string> tokens)
    {
        List<string> texts = [];
        List<byte> run = [];
        foreach (string token in tokens)
        {
            if (ByteOf(token) is { } value)
            {
                run.Add(value);
                continue;
            }

            Flush(run, texts);
            texts.Add(token);
        }

        Flush(run, texts);
        return texts;
    }

    private static void Flush(List<byte> run, List<string> texts)
    {
        if (run.Count == 0)
        {
            return;
        }

        try
        {
            texts.Add(new UTF8Encoding(false, throwOnInvalidBytes: true).GetString([.. run]));
        }
        catch (DecoderFallbackException)
        {
            texts.AddRange(Enumerable.Repeat("\uFFFD", run.Count));
        }

        run.Clear();
    }

    private static byte? ByteOf(string token) =>
        token.Length == 6
        && token.StartsWith("<0x", StringComparison.Ordinal)
        && token[5] == '>'
        && byte.TryParse(token.AsSpan(3, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out byte value)
            ? value
            : null;

    private static Func<List<string>, List<string>> Replace(JsonNode node, JsonFile file)
    {
        Func<string, string> replace = Normalizers.Replace(node, file);
        return tokens =>
        {
            long characters = 0;
            List<string> texts = new(tokens.Count);
            foreach (string token in tokens)
            {
                texts.Add(replace(token));
                characters += texts[^1].Length;
                RequireFew(characters);
            }

            return texts;
        };
    }

    // Each token's text is bounded by itself, and all of them together here: an untrusted list of replacements could
    // double every one of a thousand tokens.
    private static void RequireFew(long characters)
    {
        if (characters > Normalizers.MostCharacters)
        {
            throw new InputException(
                $"the tokenizer's decoder makes a text longer than {Normalizers.MostCharacters} characters"
            );
        }
    }

    private static Func<List<string>, List<string>> Strip(string content, int start, int stop)
    {
        return tokens => [.. tokens.Select(Stripped)];
        string Stripped(string text)
        {
            int from = 0,
                to = text.Length;
            while (from < to && from < start && content.Contains(text[from], StringComparison.Ordinal))
            {
                from++;
            }

            while (to > from && text.Length - to < stop && content.Contains(text[to - 1], StringComparison.Ordinal))
            {
                to--;
            }

            return text[from..to];
        }
    }

    // The tokenizers library removes every mark of the first token if encoding may have added one.
    private static Func<List<string>, List<string>> Metaspace(string mark, bool prepends) =>
        tokens =>
            [.. tokens.Select((t, i) => t.Replace(mark, i == 0 && prepends ? "" : " ", StringComparison.Ordinal))];

    private static Func<List<string>, List<string>> Suffix(string suffix, JsonFile file) =>
        suffix.Length == 0
            ? throw file.Error("a BPEDecoder has an empty suffix")
            : tokens =>
                [
                    .. tokens.Select(
                        (t, i) => t.Replace(suffix, i == tokens.Count - 1 ? "" : " ", StringComparison.Ordinal)
                    ),
                ];
}
