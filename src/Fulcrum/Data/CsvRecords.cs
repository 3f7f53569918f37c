using System.Globalization;
using System.Text;
using CsvHelper;
using CsvHelper.Configuration;

namespace Fulcrum.Data;

/// <summary>Reads the records of a CSV or TSV file (RFC 4180), in UTF-8. As in Python's <c>csv</c>, blank lines are
/// skipped, and a quote inside an unquoted field is an ordinary character.</summary>
internal static class CsvRecords
{
    // Characters: bounds the memory of a file that consists of one field.
    private const int LongestField = 1 << 24;

    /// <summary>Reads every record with the line on which it begins.</summary>
    /// <param name="path">Names the file in errors.</param>
    /// <param name="stream">A stream that can seek: after a decoding error the broken line is searched from the
    /// start.</param>
    /// <exception cref="InputException">The file is malformed. The message names file and line.</exception>
    public static IReadOnlyList<(int Line, string[] Fields)> Read(string path, Stream stream, char delimiter = ',')
    {
        CsvConfiguration settings = new(CultureInfo.InvariantCulture)
        {
            HasHeaderRecord = false,
            Delimiter = delimiter.ToString(),
            Mode = CsvMode.RFC4180,
            IgnoreBlankLines = false,
            MaxFieldSize = LongestField,
            BadDataFound = bad => RefuseOpenQuote(bad.Field),
        };
        using StreamReader reader = new(stream, new UTF8Encoding(false, throwOnInvalidBytes: true), true, -1, true);
        using CsvParser csv = new(reader, settings, leaveOpen: true);
        List<(int, string[])> records = [];
        long fields = 0;
        try
        {
            for (int line = csv.RawRow + 1; csv.Read(); line = csv.RawRow + 1)
            {
                if (!string.IsNullOrWhiteSpace(csv.RawRecord))
                {
                    records.Add((line, csv.Record!));
                    fields += 1 + csv.Count;
                    TableBudget.RequireFew(fields, $"{path} line {line}");
                }
            }

            return records;
        }
        catch (DecoderFallbackException e)
        {
            throw new InputException($"{path} line {FirstBrokenLine(stream)}: not valid UTF-8", e);
        }
        catch (Exception e) when (e is CsvHelperException or FormatException)
        {
            string what = (e.InnerException as FormatException ?? e).Message.Split('\n')[0].Trim();
            throw new InputException($"{path} line {Math.Max(1, csv.RawRow)}: malformed: {what}", e);
        }
    }

    private static void RefuseOpenQuote(string field)
    {
        if (field.StartsWith('"'))
        {
            throw new FormatException("a quoted field does not end where its quote ends, or has no closing quote");
        }
    }

    private static int FirstBrokenLine(Stream stream)
    {
        stream.Position = 0;
        Decoder decoder = new UTF8Encoding(false, throwOnInvalidBytes: true).GetDecoder();
        byte[] buffer = new byte[1];
        char[] characters = new char[2];
        using BufferedStream buffered = new(stream, 1 << 16);
        for (int line = 1; buffered.Read(buffer) > 0; line += buffer[0] == '\n' ? 1 : 0)
        {
            try
            {
                decoder.GetChars(buffer, characters, flush: false);
            }
            catch (DecoderFallbackException)
            {
                return line;
            }
        }

        return 1;
    }
}
