using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.RepresentationModel;

namespace Fulcrum.Data;

/// <summary>Parses untrusted YAML.</summary>
/// <remarks>
/// YamlDotNet builds its nodes by recursion: 100,000 opening brackets overflow the stack and end the process. It hashes
/// keys by recursion too: a key that is a list of lists would take for ever by repeated aliases, and a list that holds
/// itself overflows the stack. Its events are read without recursion, so depth and keys are checked first.
/// </remarks>
internal static class BoundedYaml
{
    /// <summary>The largest number of lists and mappings inside each other.</summary>
    public const int Deepest = 60;

    // The stream and the document are levels as well.
    private const int OuterLevels = 2;

    /// <summary>Parses a text.</summary>
    /// <exception cref="YamlException">The text is malformed, nested deeper than <see cref="Deepest"/>, or has a key
    /// that is no text.</exception>
    public static YamlStream Parse(string text)
    {
        try
        {
            CheckEvents(text);
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

    // What the next node of an open list or mapping is.
    private enum Next
    {
        Item,
        Key,
        Value,
    }

    private static void CheckEvents(string text)
    {
        using StringReader reader = new(text);
        Parser parser = new(reader);
        Stack<Next> open = [];
        int depth = 0;
        while (parser.MoveNext())
        {
            ParsingEvent now = parser.Current!;
            depth += now.NestingIncrease;
            Require(depth <= Deepest + OuterLevels, now, $"lists and mappings are nested more than {Deepest} deep");
            if (now is NodeEvent or AnchorAlias && open.TryPop(out Next next))
            {
                Require(next != Next.Key || now is Scalar, now, "a key must be a text");
                open.Push(After(next));
            }

            Follow(now, open);
        }
    }

    private static Next After(Next next) =>
        next switch
        {
            Next.Key => Next.Value,
            Next.Value => Next.Key,
            _ => next,
        };

    private static void Follow(ParsingEvent now, Stack<Next> open)
    {
        switch (now)
        {
            case SequenceStart:
                open.Push(Next.Item);
                break;
            case MappingStart:
                open.Push(Next.Key);
                break;
            case SequenceEnd or MappingEnd:
                open.Pop();
                break;
        }
    }

    private static void Require(bool holds, ParsingEvent at, string what)
    {
        if (!holds)
        {
            throw new YamlException(at.Start, at.End, what);
        }
    }
}
