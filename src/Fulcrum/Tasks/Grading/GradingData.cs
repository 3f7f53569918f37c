using System.IO.Compression;
using System.Text;

namespace Fulcrum.Tasks.Grading;

/// <summary>The data files that ship inside the assembly; <c>NOTICE</c> names their sources and licences.</summary>
internal static class GradingData
{
    /// <summary>Reads the lines of a file; a name that ends in <c>.gz</c> is decompressed.</summary>
    public static IEnumerable<string> Lines(string name)
    {
        using Stream stored =
            typeof(GradingData).Assembly.GetManifestResourceStream(name)
            ?? throw new FulcrumException($"the data file {name} is missing in the assembly");
        using Stream plain = name.EndsWith(".gz", StringComparison.Ordinal)
            ? new GZipStream(stored, CompressionMode.Decompress)
            : stored;
        using StreamReader reader = new(plain, Encoding.UTF8);
        while (reader.ReadLine() is { } line)
        {
            yield return line;
        }
    }
}
