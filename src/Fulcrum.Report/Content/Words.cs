using System.Globalization;
using Fulcrum.Statistics;

namespace Fulcrum.Report.Content;

/// <summary>The language of a report. Both wordings stand side by side where they are used, so that none can be
/// missing.</summary>
internal sealed class Words
{
    /// <summary>English.</summary>
    public static readonly Words English = new("en", ".", ",");

    /// <summary>Brazilian Portuguese.</summary>
    public static readonly Words Portuguese = new("pt-BR", ",", ".");

    private readonly NumberFormatInfo numbers;

    private Words(string language, string point, string group)
    {
        Language = language;
        numbers = new NumberFormatInfo
        {
            NumberDecimalSeparator = point,
            NumberGroupSeparator = group,
            NegativeSign = "−",
        };
    }

    /// <summary><c>en</c> or <c>pt-BR</c>: the value of the attribute <c>lang</c>.</summary>
    public string Language { get; }

    /// <summary>The words of a language.</summary>
    /// <exception cref="InputException">It is neither <c>en</c> nor <c>pt-BR</c>.</exception>
    public static Words Of(string language) =>
        language switch
        {
            "en" => English,
            "pt-BR" => Portuguese,
            _ => throw new InputException($"there is no report in the language '{language}'; there is en and pt-BR"),
        };

    /// <summary>The wording of this language.</summary>
    public string Say(string english, string portuguese) => ReferenceEquals(this, Portuguese) ? portuguese : english;

    /// <summary>A number with the language's decimal mark.</summary>
    public string Number(double value, string format = "0.###") => value.ToString(format, numbers);

    /// <summary>A count, in groups of three digits.</summary>
    public string Count(long value) => value.ToString("#,0", numbers);

    /// <summary>A fraction in per cent.</summary>
    public string Percent(double fraction) => (fraction * 100).ToString("0.0", numbers) + "%";

    /// <summary>A fraction in points with its sign: 0.312 is +31.2.</summary>
    public string Points(double fraction)
    {
        string size = (Math.Abs(fraction) * 100).ToString("0.0", numbers);
        return size.All(c => c is '0' or '.' or ',') ? size : (fraction > 0 ? "+" : "−") + size;
    }

    /// <summary>A fraction in points without its sign.</summary>
    public string Size(double fraction) => (Math.Abs(fraction) * 100).ToString("0.0", numbers);

    /// <summary>The bounds of a difference in points: +27.9 to +34.5.</summary>
    public string Interval(Difference d) => $"{Points(d.Low)} {To} {Points(d.High)}";

    /// <summary>The bounds of a score in per cent.</summary>
    public string Interval(ScoreInterval s) => $"{Percent(s.Low)} {To} {Percent(s.High)}";

    /// <summary>A difference in points with its bounds.</summary>
    public string Change(Difference d) => $"{Points(d.Points)} ({Interval(d)})";

    /// <summary>A p value.</summary>
    public string P(double p) => p < 0.001 ? $"< {Number(0.001)}" : Number(p, "0.000");

    /// <summary>A duration in the largest units that say something.</summary>
    public string Duration(double seconds) => Durations.Text(seconds, numbers);

    /// <summary>Between two bounds.</summary>
    public string To => Say("to", "a");
}
