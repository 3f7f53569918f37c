using System.Globalization;
using System.Text.RegularExpressions;
using Fulcrum.Patterns;
using Fulcrum.Tasks.Grading;
using Fulcrum.Templates;

namespace Fulcrum.Tasks.Harness;

/// <summary>One filter step. It gets the item's replies, or the output of the previous step.</summary>
/// <remarks>As in the reference, a text in place of replies is treated as the list of its characters. The output of
/// <see cref="TakeFirst"/> is such a text.</remarks>
internal abstract record HarnessFilter
{
    /// <summary>Whether the step looks for an answer in a reply, and may find none.</summary>
    public bool Searches => this is Matching or Letter;

    /// <summary>Returns the output of the step for the replies to one item.</summary>
    /// <exception cref="InputException">The input of the step has the wrong form.</exception>
    public abstract object? Apply(object? replies, TemplateMap row);

    private static IReadOnlyList<object?> Items(object? replies) =>
        replies as List<object?> ?? TemplateFilters.Items(replies, 0);

    private static string Text(object? reply) => reply as string ?? "";

    private static List<object?> Each(object? replies, Func<string, object?> one) =>
        [
            .. Items(replies)
                .Select(r =>
                    one(
                        r as string
                            ?? throw new InputException(
                                "a filter needs texts, but a step before it gave something else"
                            )
                    )
                ),
        ];

    /// <summary>The first reply.</summary>
    public sealed record TakeFirst : HarnessFilter
    {
        /// <inheritdoc/>
        public override object? Apply(object? replies, TemplateMap row) =>
            Items(replies) is { Count: > 0 } items
                ? items[0]
                : throw new InputException("take_first got nothing to take");
    }

    /// <summary>The first replies.</summary>
    public sealed record TakeFirstK(int Count) : HarnessFilter
    {
        /// <inheritdoc/>
        public override object? Apply(object? replies, TemplateMap row) =>
            Items(replies) is var items && items.Count >= Count
                ? items.Take(Count).ToList()
                : throw new InputException(
                    $"take_first_k asks for {Count} replies, but there are {items.Count}; raise 'repeats'"
                );
    }

    /// <summary>The most frequent reply, the earliest of several.</summary>
    public sealed record MajorityVote : HarnessFilter
    {
        /// <inheritdoc/>
        public override object? Apply(object? replies, TemplateMap row) =>
            new List<object?> { Items(replies).GroupBy(r => r as string).MaxBy(g => g.Count())!.First() };
    }

    /// <summary>Removes white space at both ends.</summary>
    public sealed record RemoveWhiteSpace : HarnessFilter
    {
        /// <inheritdoc/>
        public override object? Apply(object? replies, TemplateMap row) => Each(replies, PythonText.Strip);
    }

    /// <summary>Converts to lower or upper case.</summary>
    public sealed record Case(bool Upper) : HarnessFilter
    {
        /// <inheritdoc/>
        public override object? Apply(object? replies, TemplateMap row) =>
            Each(replies, r => Upper ? TemplateText.Upper(r) : TemplateText.Lower(r));
    }

    /// <summary>Replaces a text by the value of a mapping.</summary>
    public sealed record Mapping(IReadOnlyDictionary<string, object?> Values, object? Other) : HarnessFilter
    {
        /// <inheritdoc/>
        public override object? Apply(object? replies, TemplateMap row) =>
            Items(replies)
                .Select(r => r is string text && Values.TryGetValue(text, out object? value) ? value : Other)
                .ToList();
    }

    /// <summary>One match of a pattern.</summary>
    /// <param name="Select">Which match; negative counts from the end.</param>
    public sealed record Matching(PythonPattern Pattern, int Select, object? Fallback) : HarnessFilter
    {
        /// <inheritdoc/>
        public override object? Apply(object? replies, TemplateMap row) =>
            Items(replies)
                .Select(r =>
                    Found(Pattern, Select, Text(r)) switch
                    {
                        null => Fallback,
                        { Count: 0 } => PythonText.Strip(Fallback as string ?? ""),
                        var match => PythonText.Strip(match[0]),
                    }
                )
                .ToList();
    }

    /// <summary>Finds a letter in brackets, otherwise the text of an option, otherwise a letter after a
    /// colon.</summary>
    public sealed record Letter(
        PythonPattern Pattern,
        int Select,
        object? Fallback,
        bool IgnoreCase,
        bool IgnorePunctuation,
        IReadOnlyList<PythonPattern> Ignored
    ) : HarnessFilter
    {
        /// <inheritdoc/>
        public override object? Apply(object? replies, TemplateMap row)
        {
            List<object?> choices =
                row.GetValueOrDefault("choices") as List<object?>
                ?? throw new InputException(
                    "the filter multi_choice_regex needs a column 'choices' with a list of texts"
                );
            string[] options =
            [
                .. choices.Select(c =>
                    Cleaned(
                        PythonText.Strip(
                            c as string ?? throw new InputException("the column 'choices' must hold texts")
                        )
                    )
                ),
            ];
            return Items(replies).Select(r => Of(Text(r), options)).ToList();
        }

        private object? Of(string reply, string[] options)
        {
            string? direct = First(Pattern, reply);
            string? named = string.IsNullOrEmpty(direct) ? Option(Cleaned(reply), options) : direct;
            string? letter = string.IsNullOrEmpty(named) ? BehindColon(reply, options.Length) : named;
            return string.IsNullOrEmpty(letter) ? Fallback : letter;
        }

        // Of equal texts the last one's letter counts, as a later entry of the mapping replaces an earlier one.
        private string? Option(string reply, string[] options)
        {
            string any = string.Join('|', options.OrderByDescending(o => o.Length).Select(Regex.Escape));
            string? text = First(new PythonPattern(any), reply);
            return text is null ? null
                : Array.LastIndexOf(options, text) is >= 0 and var at ? $"({(char)('A' + at)})"
                : text;
        }

        private string? BehindColon(string reply, int count)
        {
            string letters = string.Join(
                '|',
                Enumerable.Range(0, count).Select(i => Regex.Escape(((char)('A' + i)).ToString()))
            );
            return First(new PythonPattern($@":[\s]*({letters})"), reply) is { Length: > 0 } letter
                ? $"({letter})"
                : null;
        }

        private string? First(PythonPattern pattern, string reply) =>
            Found(pattern, Select, reply) switch
            {
                null => null,
                { Count: 0 } => "",
                var match => PythonText.Strip(match[0]),
            };

        private string Cleaned(string text)
        {
            text = Ignored.Aggregate(text, (t, p) => p.Replace(t, ""));
            text = IgnoreCase ? TemplateText.Lower(text) : text;
            return IgnorePunctuation ? PythonText.WithoutPunctuation(text) : text;
        }
    }

    /// <summary>The groups that are not empty of one match; null without a match.</summary>
    private static List<string>? Found(PythonPattern pattern, int select, string text)
    {
        IReadOnlyList<IReadOnlyList<string>> all = pattern.FindAll(text);
        if (all.Count == 0)
        {
            return null;
        }

        int at = select < 0 ? all.Count + select : select;
        return at < 0 || at >= all.Count
                ? throw new InputException(
                    $"group_select is {select.ToString(CultureInfo.InvariantCulture)}, "
                        + $"but the pattern matches {all.Count} times"
                )
            : all[at].Count == 1 ? [all[at][0]]
            : [.. all[at].Where(g => g.Length > 0).Take(1)];
    }
}
