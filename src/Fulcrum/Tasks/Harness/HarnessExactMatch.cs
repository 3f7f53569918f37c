using Fulcrum.Patterns;
using Fulcrum.Tasks.Grading;
using Fulcrum.Templates;

namespace Fulcrum.Tasks.Harness;

/// <summary>Two texts compared after what the metric's options remove.</summary>
internal sealed class HarnessExactMatch(HarnessMetric metric)
{
    private readonly PythonPattern[] ignored = [.. (metric.Ignored ?? []).Select(p => new PythonPattern(p))];

    /// <summary>Returns 1 if the reply equals the target, otherwise 0. Of several targets one must equal one of the
    /// replies; against a single target the replies are averaged.</summary>
    public double Score(object? reply, object? target)
    {
        string[] replies = CleanedTexts(reply),
            targets = CleanedTexts(target);
        if (target is List<object?>)
        {
            return targets.Any(replies.Contains) ? 1 : 0;
        }

        return replies.Select(r => r == targets[0] ? 1.0 : 0).DefaultIfEmpty(0).Average();
    }

    // Returns the texts of a list, or the only text.
    private string[] CleanedTexts(object? value) =>
        value is List<object?> list ? [.. list.Select(v => Cleaned(Text(v)))] : [Cleaned(Text(value))];

    private string Cleaned(string text)
    {
        text = ignored.Aggregate(text, (t, p) => p.Replace(t, ""));
        text = metric.IgnoreCase ? TemplateText.Lower(text) : text;
        text = metric.IgnorePunctuation ? PythonText.WithoutAsciiPunctuation(text) : text;
        return metric.IgnoreNumbers ? string.Concat(text.Where(c => !char.IsAsciiDigit(c))) : text;
    }

    private static string Text(object? value) => TemplateValues.Text(value);
}
