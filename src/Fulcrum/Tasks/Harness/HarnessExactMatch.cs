using Fulcrum.Patterns;
using Fulcrum.Tasks.Grading;
using Fulcrum.Templates;

namespace Fulcrum.Tasks.Harness;

/// <summary>Two texts compared after what the metric's options remove.</summary>
internal sealed class HarnessExactMatch(HarnessMetric metric)
{
    private readonly PythonPattern[] ignored = [.. (metric.Ignored ?? []).Select(p => new PythonPattern(p))];

    public double Score(object? reply, object? target)
    {
        string[] replies = reply is List<object?> several
            ? [.. several.Select(r => Cleaned(Text(r)))]
            : [Cleaned(Text(reply))];
        string[] targets = target is List<object?> many
            ? [.. many.Select(t => Cleaned(Text(t)))]
            : [Cleaned(Text(target))];
        return target is List<object?>
            ? targets.Any(t => replies.Contains(t))
                ? 1
                : 0
            : replies.Length == 0
                ? 0
                : replies.Average(r => r == targets[0] ? 1.0 : 0);
    }

    private string Cleaned(string text)
    {
        text = ignored.Aggregate(text, (t, p) => p.Replace(t, ""));
        text = metric.IgnoreCase ? TemplateText.Lower(text) : text;
        text = metric.IgnorePunctuation ? PythonText.WithoutAsciiPunctuation(text) : text;
        return metric.IgnoreNumbers ? string.Concat(text.Where(c => !char.IsAsciiDigit(c))) : text;
    }

    private static string Text(object? value) => TemplateValues.Text(value);
}
