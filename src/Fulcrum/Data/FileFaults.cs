using System.Text;

namespace Fulcrum.Data;

/// <summary>Collects the faults of one file, so that a refusal names the first few of them together.</summary>
/// <param name="source">The file. It is named in the first message only.</param>
internal sealed class FileFaults(string source)
{
    // A message has at most 540 characters, and should name whole faults.
    private const int MostNamed = 3,
        MostCharacters = 500,
        MostCounted = 100;

    private readonly List<InputException> found = [];

    /// <summary>The refusal; null while there is no fault.</summary>
    public InputException? Refusal =>
        found is [] ? null
        : found is [var only] ? only
        : new InputException(Joined(), found[0]);

    /// <summary>Whether it is not worthwhile to look for more.</summary>
    public bool IsFull => found.Count >= MostCounted;

    /// <summary>Adds a fault.</summary>
    public void Add(InputException fault) => found.Add(fault);

    /// <summary>Reads every row of a table.</summary>
    /// <exception cref="InputException">Rows cannot be read. The message names the first few.</exception>
    public static T[] Read<T>(IReadOnlyList<TableRow> rows, Func<TableRow, T> read)
    {
        List<T> all = new(rows.Count);
        FileFaults faults = new(rows.Count == 0 ? "" : rows[0].File);
        foreach (TableRow row in rows.TakeWhile(_ => !faults.IsFull))
        {
            try
            {
                all.Add(read(row));
            }
            catch (InputException e)
            {
                faults.Add(e);
            }
        }

        return faults.Refusal is { } refusal ? throw refusal : [.. all];
    }

    private string Joined()
    {
        StringBuilder text = new(found[0].Message);
        int named = 1;
        foreach (InputException fault in found.Take(MostNamed).Skip(1))
        {
            string other = fault.Message;
            other = other.StartsWith(source + " ", StringComparison.Ordinal) ? other[(source.Length + 1)..] : other;
            if (text.Length + other.Length > MostCharacters)
            {
                break;
            }

            text.Append($"{End(text)} Also {other}");
            named++;
        }

        int left = found.Count - named;
        return left == 0
            ? text.ToString()
            : $"{text}{End(text)} {left}{(IsFull ? " or more" : "")} other {(left == 1 ? "fault" : "faults")}";
    }

    private static string End(StringBuilder text) => text[^1] is '.' or '?' or '!' ? "" : ".";
}
