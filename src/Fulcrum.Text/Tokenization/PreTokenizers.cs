using System.Text;
using System.Text.Json.Nodes;

namespace Fulcrum.Tokenization;

/// <summary>Splits or rewrites one piece and adds the resulting pieces to a list.</summary>
internal delegate void PreTokenizer(Piece piece, List<Piece> into);

/// <summary>The pre-tokenizers of a <c>tokenizer.json</c>.</summary>
internal static class PreTokenizers
{
    private const string Gpt2 = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";
    private const string Word = @"\p{L}\p{M}\p{Nd}\p{Nl}\p{Pc}\u200c\u200d\u24b6-\u24e9";

    [ThreadStatic]
    private static List<(int Start, int Length, bool Matched)>? found;

    /// <summary>Returns the pre-tokenizer that a node describes; null leaves a text in one piece.</summary>
    /// <param name="bytes">The last step maps pieces to <see cref="ByteAlphabet"/>. It is left to the caller, who may
    /// have cached the piece's tokens.</param>
    public static PreTokenizer Parse(JsonNode? node, JsonFile file, out bool bytes)
    {
        bytes = false;
        if (node is null)
        {
            return Whole;
        }

        switch (file.Text(node, "type"))
        {
            case "Sequence":
                JsonArray nodes = file.Steps(node, "pretokenizers");
                PreTokenizer[] steps = new PreTokenizer[nodes.Count];
                for (int i = 0; i < steps.Length; i++)
                {
                    steps[i] = bytes
                        ? throw file.Error("a pre-tokenizer after ByteLevel is not supported")
                        : Parse(nodes[i] ?? throw file.Error("a pretokenizer is null"), file, out bytes);
                }

                return steps.Length == 1 ? steps[0] : Sequence(steps);
            case "Split":
                return Split(node, file);
            case "Digits":
                return Cut(
                    TextPattern.Of(file.Flag(node, "individual_digits") ? @"\p{N}" : @"\p{N}+"),
                    "Isolated",
                    invert: false,
                    file
                );
            case "Punctuation":
                return Cut(
                    TextPattern.Of(@"[\p{P}$+<=>^`|~]"),
                    node["behavior"] is null ? "Isolated" : file.Text(node, "behavior"),
                    invert: false,
                    file
                );
            case "CharDelimiterSplit":
                return Cut(TextPattern.Literal(Character(node, "delimiter", file), file), "Removed", false, file);
            case "ByteLevel":
                bytes = true;
                return ByteLevel(
                    file.Flag(node, "add_prefix_space", missing: true),
                    file.Flag(node, "use_regex", missing: true),
                    file
                );
            case "Metaspace":
                return Metaspace(node, file);
            case "Whitespace":
                return Cut(TextPattern.Of($@"[{Word}]+|[^{Word}\s]+"), "Removed", invert: true, file);
            case "WhitespaceSplit":
                return Cut(TextPattern.Of(@"\s"), "Removed", invert: false, file);
            case var other:
                throw file.Error($"the pre_tokenizer '{other}' is not supported");
        }
    }

    /// <summary>Returns how a Metaspace step marks the beginning of a text: <c>always</c>, <c>first</c> or
    /// <c>never</c>.</summary>
    public static string PrependScheme(JsonNode node, JsonFile file)
    {
        string scheme = node["prepend_scheme"] is null
            ? (file.Flag(node, "add_prefix_space", missing: true) ? "always" : "never")
            : file.Text(node, "prepend_scheme");
        return scheme is "always" or "first" or "never"
            ? scheme
            : throw file.Error($"the Metaspace prepend_scheme '{scheme}' is not supported");
    }

    /// <summary>Returns the character that a Metaspace step puts in place of a space.</summary>
    /// <exception cref="InputException">It is not one character.</exception>
    public static string Mark(JsonNode node, JsonFile file) =>
        node["replacement"] is null ? "▁" : Character(node, "replacement", file);

    // One character, as in the tokenizers library: a longer text could make gigabytes of a text with many spaces.
    private static string Character(JsonNode node, string name, JsonFile file)
    {
        string text = file.Text(node, name);
        return text.EnumerateRunes().Take(2).Count() == 1
            ? text
            : throw file.Error($"'{name}' must be one character, not '{Printable.Short(text)}'");
    }

    private static void Whole(Piece piece, List<Piece> into) => into.Add(piece);

    private static PreTokenizer Sequence(PreTokenizer[] steps) =>
        (piece, into) =>
        {
            List<Piece> now = [piece],
                next = [];
            using TextPatience patience = TextPatience.Begin(piece.Length);
            foreach (PreTokenizer step in steps)
            {
                foreach (Piece part in now)
                {
                    patience.Require();
                    step(part, next);
                }

                (now, next) = (next, now);
                next.Clear();
            }

            into.AddRange(now);
        };

    private static PreTokenizer Split(JsonNode node, JsonFile file)
    {
        JsonNode pattern = node["pattern"] ?? throw file.Error("a Split has no pattern");
        TextPattern regex = file.Member(pattern, "String") is null
            ? TextPattern.Parse(file.Text(pattern, "Regex"), file)
            : TextPattern.Literal(file.Text(pattern, "String"), file);
        return Cut(regex, file.Text(node, "behavior"), file.Flag(node, "invert"), file);
    }

    /// <summary>Splits at the matches of a pattern; <paramref name="behavior"/> defines how matches are
    /// treated.</summary>
    private static PreTokenizer Cut(TextPattern pattern, string behavior, bool invert, JsonFile file)
    {
        Action<List<(int Start, int Length, bool Matched)>, Piece, List<Piece>> collect = behavior switch
        {
            "Isolated" => (parts, piece, into) => parts.ForEach(p => into.Add(piece.Part(p.Start, p.Length))),
            "Removed" => (parts, piece, into) =>
                parts.ForEach(p =>
                {
                    if (p.Matched == invert)
                    {
                        into.Add(piece.Part(p.Start, p.Length));
                    }
                }),
            "Contiguous" => (parts, piece, into) => Joined(parts, piece, into, invert, (now, before) => now == before),
            "MergedWithPrevious" => (parts, piece, into) =>
                Joined(parts, piece, into, invert, (now, before) => now && !before),
            "MergedWithNext" => (parts, piece, into) => JoinedFromTheEnd(parts, piece, into, invert),
            _ => throw file.Error($"the behavior '{behavior}' is not supported"),
        };
        return (piece, into) =>
        {
            List<(int, int, bool)> parts = found ??= [];
            parts.Clear();
            pattern.Split(piece.Span, parts);
            int before = into.Count;
            collect(parts, piece, into);
            if (into.Count > before && into.FindIndex(before, p => p.Length == 0) >= 0)
            {
                into.RemoveAll(p => p.Length == 0);
            }
        };
    }

    private static void Joined(
        List<(int Start, int Length, bool Matched)> parts,
        Piece piece,
        List<Piece> into,
        bool invert,
        Func<bool, bool, bool> joins
    )
    {
        bool before = false;
        int first = into.Count;
        foreach ((int start, int length, bool matched) in parts)
        {
            bool now = matched != invert;
            if (joins(now, before) && into.Count > first)
            {
                into[^1] = into[^1] with { Length = into[^1].Length + length };
            }
            else
            {
                into.Add(piece.Part(start, length));
            }

            before = now;
        }
    }

    private static void JoinedFromTheEnd(
        List<(int Start, int Length, bool Matched)> parts,
        Piece piece,
        List<Piece> into,
        bool invert
    )
    {
        bool behind = false;
        List<(int Start, int Length)> joined = [];
        foreach ((int start, int length, bool matched) in Enumerable.Reverse(parts))
        {
            bool now = matched != invert;
            if (now && !behind && joined.Count > 0)
            {
                joined[^1] = (start, joined[^1].Length + length);
            }
            else
            {
                joined.Add((start, length));
            }

            behind = now;
        }

        joined.Reverse();
        joined.ForEach(j => into.Add(piece.Part(j.Start, j.Length)));
    }

    // The bytes are mapped last, see Parse.
    private static PreTokenizer ByteLevel(bool prefixSpace, bool useRegex, JsonFile file)
    {
        PreTokenizer words = useRegex ? Cut(TextPattern.Of(Gpt2), "Isolated", invert: false, file) : Whole;
        return (piece, into) =>
            words(
                prefixSpace && !piece.Span.StartsWith(" ") ? piece.With(string.Concat(" ", piece.Span)) : piece,
                into
            );
    }

    private static PreTokenizer Metaspace(JsonNode node, JsonFile file)
    {
        string mark = Mark(node, file),
            scheme = PrependScheme(node, file);
        PreTokenizer words = file.Flag(node, "split", missing: true)
            ? Cut(TextPattern.Literal(mark, file), "MergedWithNext", invert: false, file)
            : Whole;
        return (piece, into) =>
        {
            StringBuilder marked = new StringBuilder(piece.Length + 1).Append(piece.Span).Replace(" ", mark);
            bool begins = scheme == "always" || (scheme == "first" && piece.First);
            string text =
                begins && !(marked.Length > 0 && piece.Span[0] == ' ') && !piece.Span.StartsWith(mark)
                    ? marked.Insert(0, mark).ToString()
                    : marked.ToString();
            words(piece.With(text), into);
        };
    }
}
