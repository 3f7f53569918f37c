using System.Text.Json;
using System.Text.RegularExpressions;
using Fulcrum.Patterns;

namespace Fulcrum.Tasks.Grading.Ifeval;

/// <summary>The 25 kinds of instruction: from its parameters each makes a test of a text.</summary>
internal static class IfevalKinds
{
    private static readonly string[] Constrained = ["My answer is yes.", "My answer is no.", "My answer is maybe."];

    /// <summary>The kinds by name.</summary>
    public static readonly IReadOnlyDictionary<string, Func<IfevalParameters, Func<string, bool>>> All = new Dictionary<
        string,
        Func<IfevalParameters, Func<string, bool>>
    >(StringComparer.Ordinal)
    {
        ["keywords:existence"] = Existence,
        ["keywords:frequency"] = Frequency,
        ["keywords:forbidden_words"] = Forbidden,
        ["keywords:letter_frequency"] = LetterFrequency,
        ["language:response_language"] = ResponseLanguage,
        ["length_constraints:number_sentences"] = Sentences,
        ["length_constraints:number_paragraphs"] = p => Paragraphs.Number(p.Count("num_paragraphs")),
        ["length_constraints:number_words"] = Words,
        ["length_constraints:nth_paragraph_first_word"] = p =>
            Paragraphs.FirstWord(p.Count("num_paragraphs"), p.Count("nth_paragraph"), p.Text("first_word")),
        ["detectable_content:number_placeholders"] = p =>
            Counted(IfevalPatterns.Placeholder(), p.Count("num_placeholders")),
        ["detectable_content:postscript"] = Postscript,
        ["detectable_format:number_bullet_lists"] = Bullets,
        ["detectable_format:constrained_response"] = _ => text => Constrained.Any(text.Contains),
        ["detectable_format:number_highlighted_sections"] = Highlights,
        ["detectable_format:multiple_sections"] = Sections,
        ["detectable_format:json_format"] = _ => IfevalJson.Is,
        ["detectable_format:title"] = _ => HasTitle,
        ["combination:two_responses"] = _ => Paragraphs.AreTwoResponses,
        ["combination:repeat_prompt"] = RepeatPrompt,
        ["startend:end_checker"] = End,
        ["change_case:capital_word_frequency"] = CapitalWords,
        ["change_case:english_capital"] = _ => text => PythonText.IsUpper(text) && IsIn(text, "en"),
        ["change_case:english_lowercase"] = _ => text => PythonText.IsLower(text) && IsIn(text, "en"),
        ["punctuation:no_comma"] = _ => text => !text.Contains(','),
        ["startend:quotation"] = _ => IsQuoted,
    };

    private static Func<string, bool> Existence(IfevalParameters p)
    {
        PythonPattern[] keywords = [.. p.Texts("keywords").Select(k => p.Pattern(k, RegexOptions.IgnoreCase))];
        return text => keywords.All(k => k.IsFound(text));
    }

    private static Func<string, bool> Frequency(IfevalParameters p)
    {
        PythonPattern keyword = p.Pattern(PythonText.Strip(p.Text("keyword")), RegexOptions.IgnoreCase);
        Func<int, bool> fits = p.Relation("relation", "frequency");
        return text => fits(keyword.Count(text));
    }

    private static Func<string, bool> Forbidden(IfevalParameters p)
    {
        PythonPattern[] words =
        [
            .. p.Texts("forbidden_words").Select(w => p.Pattern($@"\b{w}\b", RegexOptions.IgnoreCase)),
        ];
        return text => !words.Any(w => w.IsFound(text));
    }

    private static Func<string, bool> LetterFrequency(IfevalParameters p)
    {
        string letter = p.Letter("letter");
        Func<int, bool> fits = p.Relation("let_relation", "let_frequency");
        return text => fits(PythonText.Lower(text).AsSpan().Count(letter));
    }

    private static Func<string, bool> ResponseLanguage(IfevalParameters p)
    {
        string language = p.Text("language");
        return text => IsIn(text, language);
    }

    private static Func<string, bool> Sentences(IfevalParameters p)
    {
        Func<int, bool> fits = p.Relation("relation", "num_sentences");
        return text => fits(PunktSplitter.Sentences(text).Count);
    }

    private static Func<string, bool> Words(IfevalParameters p)
    {
        Func<int, bool> fits = p.Relation("relation", "num_words");
        return text => fits(Paragraphs.Words(text));
    }

    private static Func<string, bool> Postscript(IfevalParameters p)
    {
        string marker = PythonText.Strip(p.Text("postscript_marker"));
        PythonPattern pattern = p.Pattern(
            marker switch
            {
                "P.P.S" => @"p\.\s?p\.\s?s",
                "P.S." => @"p\.\s?s\.",
                _ => PythonText.Lower(marker),
            }
        );
        return text => pattern.IsFound(PythonText.Lower(text));
    }

    private static Func<string, bool> Bullets(IfevalParameters p)
    {
        int wanted = p.Count("num_bullets");
        return text => IfevalPatterns.StarBullet().Count(text) + IfevalPatterns.DashBullet().Count(text) == wanted;
    }

    private static Func<string, bool> Highlights(IfevalParameters p)
    {
        int wanted = p.Count("num_highlights");
        return text =>
            IfevalPatterns.Starred().Matches(text).Count(m => !PythonText.IsBlank(m.Value.Trim('*')))
                + IfevalPatterns.DoubleStarred().Matches(text).Count(m => !PythonText.IsBlank(m.Value[2..^2]))
            >= wanted;
    }

    private static Func<string, bool> Sections(IfevalParameters p)
    {
        int wanted = p.Count("num_sections");
        PythonPattern section = p.Pattern($@"\s?{PythonText.Strip(p.Text("section_spliter"))}\s?\d+\s?");
        return text => section.Count(text) >= wanted;
    }

    private static bool HasTitle(string text) =>
        IfevalPatterns.Title().Matches(text).Any(m => !PythonText.IsBlank(m.Value.TrimStart('<').TrimEnd('>')));

    private static Func<string, bool> RepeatPrompt(IfevalParameters p)
    {
        string prompt = PythonText.Lower(PythonText.Strip(p.Text("prompt_to_repeat")));
        return text => PythonText.Lower(PythonText.Strip(text)).StartsWith(prompt, StringComparison.Ordinal);
    }

    private static Func<string, bool> End(IfevalParameters p)
    {
        string phrase = PythonText.Lower(PythonText.Strip(p.Text("end_phrase")));
        return text => PythonText.Lower(PythonText.Strip(text).Trim('"')).EndsWith(phrase, StringComparison.Ordinal);
    }

    private static Func<string, bool> CapitalWords(IfevalParameters p)
    {
        Func<int, bool> fits = p.Relation("capital_relation", "capital_frequency");
        return text => fits(WordTokens.Of(text).Count(PythonText.IsUpper));
    }

    private static bool IsQuoted(string text) =>
        PythonText.Strip(text) is { Length: > 1 } stripped && stripped[0] == '"' && stripped[^1] == '"';

    private static Func<string, bool> Counted(Regex pattern, int atLeast) => text => pattern.Count(text) >= atLeast;

    // A text without letters that the detector knows counts as written in the language.
    private static bool IsIn(string text, string language) =>
        LanguageDetector.Detect(text) is not { } found || found == language;
}
