using System.Globalization;
using System.Text;

namespace Fulcrum.Templates;

/// <summary>The formats of Python's <c>strftime</c> that templates use, in English.</summary>
internal static class TemplateClock
{
    /// <summary>Returns a time in a format.</summary>
    /// <exception cref="InputException">The format has a code that is not supported.</exception>
    public static string Format(DateTimeOffset time, string format, int line)
    {
        StringBuilder text = new();
        for (int i = 0; i < format.Length; i++)
        {
            if (format[i] != '%' || i + 1 == format.Length)
            {
                text.Append(format[i]);
                continue;
            }

            char code = format[++i];
            text.Append(code == '%' ? "%" : time.ToString(NetFormat(code, line), CultureInfo.InvariantCulture));
        }

        return text.ToString();
    }

    private static string NetFormat(char code, int line) =>
        code switch
        {
            'd' => "dd",
            'm' => "MM",
            'Y' => "yyyy",
            'y' => "yy",
            'b' => "MMM",
            'B' => "MMMM",
            'a' => "ddd",
            'A' => "dddd",
            'H' => "HH",
            'I' => "hh",
            'M' => "mm",
            'S' => "ss",
            'p' => "tt",
            _ => throw TemplateText.Error(line, $"strftime_now with %{code} is not supported"),
        };
}
