using System.Text.Json.Nodes;
using Fulcrum.Files;

namespace Fulcrum.Data;

/// <summary>Counts what the files of one data set hold together. Each file is bounded by itself, but an untrusted
/// folder may have a thousand of them.</summary>
internal sealed class TableBudget
{
    /// <summary>The largest number of values of all files. 8,000,000 need about 1.3 GB as rows with names.</summary>
    /// <remarks>Two hundred thousand rows of 40 columns. Hostile folders of many files stay below 1.5 GB of
    /// memory.</remarks>
    public const long MostCells = 8_000_000;

    /// <summary>The largest number of unpacked bytes of all files: 1 GiB. Strings take twice as much.</summary>
    public const long MostBytes = 1L << 30;

    private long cells,
        bytes;

    /// <summary>Counts one file.</summary>
    /// <param name="path">For the message.</param>
    /// <exception cref="InputException">The files together are too large.</exception>
    public void Add(string path, long moreCells, long moreBytes)
    {
        cells += moreCells;
        bytes += moreBytes;
        if (cells > MostCells || bytes > MostBytes)
        {
            throw new InputException(
                $"{path}: with the files before it, it is too large to be read: at most {MostCells} values and "
                    + $"{MostBytes} bytes of one split are held. Write the rows that are needed to a file of your own "
                    + "and name that file, or name fewer files"
            );
        }
    }

    /// <summary>Returns the number of values, lists and objects included.</summary>
    public static int ValuesIn(JsonNode? node) =>
        node switch
        {
            JsonObject o => 1 + o.Sum(p => ValuesIn(p.Value)),
            JsonArray a => 1 + a.Sum(ValuesIn),
            _ => 1,
        };

    /// <summary>Refuses one text file with too many values, counted while it is read.</summary>
    /// <exception cref="InputException">There are too many.</exception>
    public static void RequireFew(long values, string place)
    {
        if (values > StrictJson.MostValues)
        {
            throw new InputException(
                $"{place}: the file has more than {StrictJson.MostValues} values, too many to be read; split it"
            );
        }
    }
}
