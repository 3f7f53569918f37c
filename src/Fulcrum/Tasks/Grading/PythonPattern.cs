using System.Text;

namespace Fulcrum.Tasks.Grading;

/// <summary>Writes a pattern of Python's <c>re</c> as .NET's: named groups, <c>\Z</c>, and word characters as Python
/// has them (letters, numbers of every kind and the underscore, but no marks).</summary>
internal static class PythonPattern
{
    private const string Word = @"\p{L}\p{N}_";

    /// <summary>Returns the pattern for .NET.</summary>
    public static string Translated(string pattern)
    {
        StringBuilder written = new(pattern.Length);
        bool inClass = false;
        for (int i = 0; i < pattern.Length; i++)
        {
            char c = pattern[i];
            if (c == '\\' && i + 1 < pattern.Length)
            {
                written.Append(Escape(pattern[++i], inClass));
            }
            else if (inClass)
            {
                // In .NET an opening bracket inside a class may begin a subtraction.
                written.Append(c == '[' ? @"\[" : c.ToString());
                inClass = c != ']' || IsFirst(pattern, i);
            }
            else
            {
                i += Group(pattern, i, written);
                inClass = c == '[';
            }
        }

        return written.ToString();
    }

    // A closing bracket that comes first in its class belongs to it.
    private static bool IsFirst(string pattern, int at) =>
        pattern[at - 1] == '[' || (pattern[at - 1] == '^' && at > 1 && pattern[at - 2] == '[');

    // Writes one character, or the opening of a named group; returns how many further characters were read.
    private static int Group(string pattern, int at, StringBuilder written)
    {
        if (string.CompareOrdinal(pattern, at, "(?P<", 0, 4) == 0)
        {
            written.Append("(?<");
            return 3;
        }

        if (string.CompareOrdinal(pattern, at, "(?P=", 0, 4) == 0 && pattern.IndexOf(')', at) is > 0 and int end)
        {
            written.Append(@"\k<").Append(pattern, at + 4, end - at - 4).Append('>');
            return end - at;
        }

        written.Append(pattern[at]);
        return 0;
    }

    private static string Escape(char c, bool inClass) =>
        (c, inClass) switch
        {
            ('w', true) => Word,
            ('w', false) => $"[{Word}]",
            ('W', false) => $"[^{Word}]",
            ('b', false) => $"(?:(?<![{Word}])(?=[{Word}])|(?<=[{Word}])(?![{Word}]))",
            ('B', false) => $"(?:(?<![{Word}])(?![{Word}])|(?<=[{Word}])(?=[{Word}]))",
            ('Z', false) => @"\z",
            _ => $@"\{c}",
        };
}
