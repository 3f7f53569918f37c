using System.Text.RegularExpressions;
using Fulcrum.Files;

namespace Fulcrum.Data.Hub;

/// <summary>Checks the files of a split whose names contain their number, such as
/// <c>test-00000-of-00002.parquet</c>.</summary>
internal static partial class DatasetShards
{
    /// <summary>Refuses a split that is incomplete in the cache. Without the hub's file list only the names tell how
    /// many files belong to it.</summary>
    /// <param name="text">The name of the data set, for the message.</param>
    /// <exception cref="FulcrumException">A file is missing.</exception>
    public static void RefuseMissing(string text, IReadOnlyList<string> paths)
    {
        foreach (
            IGrouping<string, Match> family in paths
                .Select(p => Shard().Match(p))
                .Where(m => m.Success)
                .GroupBy(m => m.Groups[1].Value)
        )
        {
            int expected = int.Parse(family.First().Groups[2].Value);
            if (family.Count() < expected)
            {
                throw new FulcrumException(
                    $"{text}: the cache holds {family.Count()} of {expected} files "
                        + $"{Printable.Message(family.Key)}-…, and the hub is out of reach"
                );
            }
        }
    }

    [GeneratedRegex(@"\A(.*)-[0-9]{5}-of-([0-9]{5})")]
    private static partial Regex Shard();
}
