using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Fulcrum.Data;

/// <summary>Parses untrusted YAML.</summary>
/// <remarks>
/// YamlDotNet builds its nodes by recursion: 100,000 opening brackets overflow the stack and end the process. Its
/// events are read without recursion, so their depth is counted first.
/// </remarks>
internal static class BoundedYaml
{
    /// <summary>The largest number of lists and mappings inside each other.</summary>
    public const int Deepest = 60;

    // The stream and the document are levels as well.
    private const int OuterLevels = 2;

    /// <summary>Parses a text.</summary>
    /// <exception cref="YamlException">The text is malformed, or nested deeper than <see cref="Deepest"/>.</exception>
    public static YamlStream Parse(string text)
    {
        try
        {
            RefuseDepth(text);
            using StringReader reader = new(text);
            YamlStream stream = [];
            stream.Load(reader);
            return stream;
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException or IndexOutOfRangeException)
        {
            // Defects of YamlDotNet's scanner throw these for some malformed texts.
            throw new YamlException($"it cannot be scanned: {e.Message}", e);
        }
    }

    private static void RefuseDepth(string text)
    {
        using StringReader reader = new(text);
        Parser parser = new(reader);
        int depth = 0;
        while (parser.MoveNext())
        {
            depth += parser.Current!.NestingIncrease;
            if (depth > Deepest + OuterLevels)
            {
                throw new YamlException(
                    parser.Current.Start,
                    parser.Current.End,
                    $"lists and mappings are nested more than {Deepest} deep"
                );
            }
        }
    }
}
