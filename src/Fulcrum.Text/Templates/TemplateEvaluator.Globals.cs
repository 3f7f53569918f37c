using static Fulcrum.Templates.TemplateValues;

namespace Fulcrum.Templates;

/// <content>The global functions of templates.</content>
internal sealed partial class TemplateEvaluator
{
    private const int LongestRange = 100_000; // the limit of Jinja's sandbox

    private Dictionary<string, TemplateFunction> Globals() =>
        new(StringComparer.Ordinal)
        {
            ["raise_exception"] = (p, _, _) =>
                throw new InputException($"the chat template says: {Text(p.Count > 0 ? p[0] : "")}"),
            ["strftime_now"] = (p, _, line) => TemplateClock.Format(now(), Text(p[0]), line),
            ["namespace"] = (p, named, _) => Namespace(p, named),
            ["dict"] = (p, named, _) => Map(p.OfType<TemplateMap>().SelectMany(m => m).Concat(named)),
            ["range"] = (p, _, line) => Range(p, line),
            ["joiner"] = (p, n, _) => Joiner(p.Count > 0 ? p[0] : n.GetValueOrDefault("sep", ", ")),
        };

    private static TemplateNamespace Namespace(
        IReadOnlyList<object?> positional,
        IReadOnlyDictionary<string, object?> named
    )
    {
        TemplateNamespace space = new();
        foreach ((string key, object? value) in positional.OfType<TemplateMap>().SelectMany(m => m).Concat(named))
        {
            space.Values[key] = value;
        }

        return space;
    }

    private static TemplateFunction Joiner(object? separator)
    {
        bool used = false;
        return (_, _, _) =>
        {
            object? now = used ? separator : "";
            used = true;
            return now;
        };
    }

    private static TemplateSequence Range(IReadOnlyList<object?> p, int line)
    {
        (long from, long to, long by) = p.Count switch
        {
            1 => (0L, Whole(p[0]), 1L),
            2 => (Whole(p[0]), Whole(p[1]), 1L),
            _ => (Whole(p[0]), Whole(p[1]), Whole(p[2])),
        };
        if (by == 0)
        {
            throw TemplateText.Error(line, "range() arg 3 must not be zero");
        }

        double count = Math.Max(0, Math.Ceiling(((double)to - from) / by));
        return count <= LongestRange
            ? new TemplateSequence(
                TemplateSequence.Range,
                Enumerable.Range(0, (int)count).Select(i => (object?)(from + i * by))
            )
            : throw TemplateText.Error(
                line,
                $"Range too big. The sandbox blocks ranges larger than MAX_RANGE ({LongestRange})."
            );
    }
}
