using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Fulcrum.Tokenization;

/// <summary>The normalizers of a <c>tokenizer.json</c>, each a function from text to text.</summary>
internal static class Normalizers
{
    /// <summary>The largest number of characters of a text after a step. An untrusted list of replacements could double
    /// a text sixty times.</summary>
    public const int MostCharacters = 1 << 24;

    /// <summary>Returns the normalizer that a node describes; without a node texts stay unchanged.</summary>
    public static Func<string, string> Parse(JsonNode? node, JsonFile file) =>
        node is null
            ? text => text
            : file.Text(node, "type") switch
            {
                "NFC" => Form(NormalizationForm.FormC),
                "NFD" => Form(NormalizationForm.FormD),
                "NFKC" => Compatible(NormalizationForm.FormKC),
                "NFKD" => Compatible(NormalizationForm.FormKD),
                "Lowercase" => text => text.ToLowerInvariant().Replace("İ", "i\u0307", StringComparison.Ordinal),
                "Strip" => Strip(
                    file.Flag(node, "strip_left", missing: true),
                    file.Flag(node, "strip_right", missing: true)
                ),
                "StripAccents" => StripAccents,
                "ByteLevel" => text => ByteAlphabet.Encode(text),
                "Prepend" => Prepend(file.Text(node, "prepend")),
                "Replace" => Replace(node, file),
                "Sequence" => Chain([.. file.Steps(node, "normalizers").Select(n => Parse(n, file))]),
                string other => throw file.Error($"the normalizer '{other}' is not supported"),
            };

    /// <summary>Returns the Replace step of a normalizer or a decoder.</summary>
    public static Func<string, string> Replace(JsonNode node, JsonFile file)
    {
        JsonNode pattern = node["pattern"] ?? throw file.Error("a Replace has no pattern");
        string content = file.Text(node, "content");
        if (file.Member(pattern, "String") is null)
        {
            TextPattern regex = TextPattern.Parse(file.Text(pattern, "Regex"), file);
            return text => regex.Replace(text, content, length => Require(text.Length, length));
        }

        string plain = file.Text(pattern, "String");
        return plain.Length == 0
            ? throw file.Error("a Replace has an empty pattern")
            : text => ReplacePlain(text, plain, content);
    }

    /// <summary>Returns the normalised contents of added tokens, in their order.</summary>
    /// <exception cref="InputException">All of them together are too long, or take too long.</exception>
    public static string[] Contents(IReadOnlyList<AddedToken> tokens, Func<string, string> normalise)
    {
        using TextPatience patience = TextPatience.Begin(tokens.Sum(t => (long)t.Content.Length));
        long characters = 0;
        List<string> contents = [];
        foreach (AddedToken token in tokens)
        {
            contents.Add(normalise(token.Content));
            characters += contents[^1].Length;
            if (characters > MostCharacters)
            {
                throw new InputException(
                    $"the tokenizer's normalizer makes its added tokens longer than {MostCharacters} characters"
                );
            }
        }

        return [.. contents];
    }

    /// <summary>Refuses a step that would make a text too long, before the text is built.</summary>
    private static void Require(int before, long after)
    {
        if (after > Math.Max(MostCharacters, before + before / 16))
        {
            throw new InputException(
                $"the tokenizer's normalizer makes a text of {before} characters longer than {MostCharacters}"
            );
        }
    }

    private static string Checked(int before, string after)
    {
        Require(before, after.Length);
        return after;
    }

    private static string ReplacePlain(string text, string plain, string content)
    {
        if (content.Length > plain.Length)
        {
            long matches = text.AsSpan().Count(plain);
            Require(text.Length, text.Length + matches * (content.Length - plain.Length));
        }

        return text.Replace(plain, content, StringComparison.Ordinal);
    }

    private static Func<string, string> Form(NormalizationForm form) => text => NormalForm.Of(text, form);

    // The tokenizers library, with which models are trained, has the decompositions of Unicode 12.0. Characters with a
    // later one are kept as they are.
    private static Func<string, string> Compatible(NormalizationForm form) =>
        text =>
        {
            if (!text.EnumerateRunes().Any(IsLater))
            {
                return NormalForm.Of(text, form);
            }

            StringBuilder all = new(),
                part = new();
            foreach (Rune rune in text.EnumerateRunes())
            {
                if (IsLater(rune))
                {
                    all.Append(NormalForm.Of(part.ToString(), form)).Append(rune);
                    part.Clear();
                    continue;
                }

                part.Append(rune);
            }

            return all.Append(NormalForm.Of(part.ToString(), form)).ToString();
        };

    // Returns whether a character has a compatibility decomposition that Unicode 12.1 to 15.0 added.
    private static bool IsLater(Rune rune) =>
        rune.Value
            is 0x32FF
                or (>= 0xA7F2 and <= 0xA7F4)
                or 0xAB69
                or (>= 0x10781 and <= 0x107BA)
                or (>= 0x1E030 and <= 0x1E06D)
                or 0x1F16C
                or (>= 0x1FBF0 and <= 0x1FBF9);

    private static Func<string, string> Prepend(string prefix) =>
        text =>
        {
            Require(text.Length, (long)prefix.Length + text.Length);
            return text.Length == 0 ? text : prefix + text;
        };

    private static Func<string, string> Chain(Func<string, string>[] steps) =>
        text => steps.Aggregate(text, (t, step) => Checked(t.Length, step(t)));

    private static Func<string, string> Strip(bool left, bool right) =>
        text =>
            (left, right) switch
            {
                (true, true) => text.Trim(),
                (true, false) => text.TrimStart(),
                (false, true) => text.TrimEnd(),
                _ => text,
            };

    private static string StripAccents(string text) =>
        string.Concat(
            text.EnumerateRunes()
                .Where(r =>
                    Rune.GetUnicodeCategory(r)
                        is not (
                            UnicodeCategory.NonSpacingMark
                            or UnicodeCategory.SpacingCombiningMark
                            or UnicodeCategory.EnclosingMark
                        )
                )
        );
}
