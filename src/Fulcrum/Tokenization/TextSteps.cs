using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Fulcrum.Tokenization;

/// <summary>The normalisers and pre-tokenisers of a <c>tokenizer.json</c>, each a function.</summary>
internal static class TextSteps
{
    private const string Gpt2 = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    /// <summary>From text to text; null stands for leaving it as it is.</summary>
    public static Func<string, string> Normaliser(JsonNode? node, JsonFile file) => node is null ? text => text : file.Text(node, "type") switch
    {
        "NFC" => text => text.Normalize(NormalizationForm.FormC),
        "NFD" => text => text.Normalize(NormalizationForm.FormD),
        "NFKC" => text => text.Normalize(NormalizationForm.FormKC),
        "NFKD" => text => text.Normalize(NormalizationForm.FormKD),
        "Lowercase" => text => text.ToLowerInvariant(),
        "Prepend" => Prepend(file.Text(node, "prepend")),
        "Replace" => Replace(node, file),
        "Sequence" => Chain([.. file.List(node, "normalizers").Select(n => Normaliser(n, file))]),
        string other => throw file.Error($"the normalizer '{other}' is not supported"),
    };

    /// <summary>From text to pieces of text; a byte-level piece is in <see cref="ByteAlphabet"/>.</summary>
    public static Func<string, IEnumerable<string>> Splitter(JsonNode? node, JsonFile file)
    {
        if (node is null)
        {
            return text => [text];
        }

        switch (file.Text(node, "type"))
        {
            case "Sequence":
                Func<string, IEnumerable<string>>[] parts = [.. file.List(node, "pretokenizers").Select(n => Splitter(n, file))];
                return parts.Aggregate((first, second) => text => first(text).SelectMany(second));
            case "Split":
                return Split(node, file);
            case "Digits":
                return Isolate(file.Flag(node, "individual_digits") ? @"\p{N}" : @"\p{N}+");
            case "ByteLevel":
                return ByteLevel(file.Flag(node, "add_prefix_space"), file.Flag(node, "use_regex", missing: true));
            case "Metaspace":
                return Metaspace(node, file);
            case "Whitespace":
                return Matches(@"\w+|[^\w\s]+");
            case "WhitespaceSplit":
                return Matches(@"\S+");
            case var other:
                throw file.Error($"the pre_tokenizer '{other}' is not supported");
        }
    }

    private static Func<string, string> Prepend(string prefix) => text => text.Length == 0 ? text : prefix + text;

    private static Func<string, string> Chain(Func<string, string>[] steps) => text => steps.Aggregate(text, (t, step) => step(t));

    private static Func<string, string> Replace(JsonNode node, JsonFile file)
    {
        JsonNode pattern = node["pattern"] ?? throw file.Error("a Replace has no pattern");
        string content = file.Text(node, "content");
        if (pattern["String"] is not null)
        {
            string plain = file.Text(pattern, "String");
            return plain.Length == 0 ? throw file.Error("a Replace has an empty pattern") : text => text.Replace(plain, content, StringComparison.Ordinal);
        }

        Regex regex = Pattern(file.Text(pattern, "Regex"), file);
        return text => regex.Replace(text, content.Replace("$", "$$", StringComparison.Ordinal));
    }

    private static Func<string, IEnumerable<string>> Split(JsonNode node, JsonFile file)
    {
        JsonNode pattern = node["pattern"] ?? throw file.Error("a Split has no pattern");
        string regex = pattern["String"] is null ? file.Text(pattern, "Regex") : Regex.Escape(file.Text(pattern, "String"));
        _ = Pattern(regex, file);
        bool invert = file.Flag(node, "invert");
        return file.Text(node, "behavior") switch
        {
            "Isolated" => Isolate(regex),
            "Removed" when !invert => Gaps(regex),
            "Removed" => Matches(regex),
            string other => throw file.Error($"the Split behavior '{other}' is not supported"),
        };
    }

    private static Func<string, IEnumerable<string>> Isolate(string pattern)
    {
        TextSplitter splitter = new(pattern);
        return text => splitter.Split(text).Select(part => text[part.Range]);
    }

    private static Func<string, IEnumerable<string>> Matches(string pattern)
    {
        TextSplitter splitter = new(pattern);
        return text => splitter.Split(text).Where(part => part.Matched).Select(part => text[part.Range]);
    }

    private static Func<string, IEnumerable<string>> Gaps(string pattern)
    {
        TextSplitter splitter = new(pattern);
        return text => splitter.Split(text).Where(part => !part.Matched).Select(part => text[part.Range]);
    }

    private static Func<string, IEnumerable<string>> ByteLevel(bool prefixSpace, bool useRegex)
    {
        TextSplitter splitter = new(Gpt2);
        return text =>
        {
            string spaced = prefixSpace && !text.StartsWith(' ') ? " " + text : text;
            return useRegex ? splitter.Split(spaced).Select(part => ByteAlphabet.Encode(spaced.AsSpan()[part.Range])) : [ByteAlphabet.Encode(spaced)];
        };
    }

    private static Func<string, IEnumerable<string>> Metaspace(JsonNode node, JsonFile file)
    {
        string mark = node["replacement"] is null ? "▁" : file.Text(node, "replacement");
        string scheme = node["prepend_scheme"] is null ? (file.Flag(node, "add_prefix_space", missing: true) ? "always" : "never") : file.Text(node, "prepend_scheme");
        if (scheme == "first")
        {
            throw file.Error("the Metaspace prepend_scheme 'first' is not supported");
        }

        bool split = file.Flag(node, "split", missing: true);
        TextSplitter words = new($"{Regex.Escape(mark)}[^{Regex.Escape(mark)}]*|[^{Regex.Escape(mark)}]+");
        return text =>
        {
            string marked = text.Replace(" ", mark, StringComparison.Ordinal);
            marked = scheme == "always" && !marked.StartsWith(mark, StringComparison.Ordinal) ? mark + marked : marked;
            return split ? words.Split(marked).Select(part => marked[part.Range]) : [marked];
        };
    }

    private static Regex Pattern(string pattern, JsonFile file)
    {
        try
        {
            return new Regex(pattern, RegexOptions.CultureInvariant, TimeSpan.FromSeconds(30));
        }
        catch (ArgumentException e)
        {
            throw file.Error($"the pattern {pattern} cannot be read: {e.Message}");
        }
    }
}
