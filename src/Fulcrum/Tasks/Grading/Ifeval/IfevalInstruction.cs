using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Fulcrum.Tasks.Grading.Ifeval;

/// <summary>One verifiable instruction of a prompt, with its parameters read and checked.</summary>
internal sealed class IfevalInstruction
{
    private readonly Func<string, bool> holds;

    private IfevalInstruction(string kind, Func<string, bool> holds, string? note) =>
        (Kind, this.holds, Note) = (kind, holds, note);

    /// <summary>The kind's name, such as <c>keywords:existence</c>.</summary>
    public string Kind { get; }

    /// <summary>What is unusual about the parameters; null: nothing.</summary>
    public string? Note { get; }

    /// <summary>The 25 kinds of instruction.</summary>
    public static IReadOnlyList<string> Kinds => [.. IfevalKinds.All.Keys];

    /// <summary>Reads the instructions of a row.</summary>
    /// <param name="kinds">The row's <c>instruction_id_list</c>.</param>
    /// <param name="parameters">The row's <c>kwargs</c>: an object per instruction; null values count as
    /// missing.</param>
    /// <exception cref="InputException">A kind is unknown, or a parameter is missing, null, 0 or of the wrong type. The
    /// reference draws a random value for a missing one, which would judge the reply by another instruction than the
    /// prompt's.</exception>
    public static IReadOnlyList<IfevalInstruction> Read(
        IReadOnlyList<string> kinds,
        IReadOnlyList<JsonObject?> parameters
    ) =>
        kinds.Count == 0 ? throw new InputException("'instruction_id_list' is empty")
        : kinds.Count != parameters.Count
            ? throw new InputException(
                $"'instruction_id_list' has {kinds.Count} entries and 'kwargs' {parameters.Count}; they must be as many"
            )
        : [.. kinds.Select((kind, i) => One(kind, parameters[i] ?? []))];

    /// <summary>Tells whether a text follows the instruction.</summary>
    /// <exception cref="RegexMatchTimeoutException">A pattern of the parameters took longer than its limit.</exception>
    public bool Holds(string text) => holds(text);

    private static IfevalInstruction One(string kind, JsonObject parameters)
    {
        if (!IfevalKinds.All.TryGetValue(kind, out Func<IfevalParameters, Func<string, bool>>? build))
        {
            throw new InputException($"'{kind}' is no kind of instruction; known are {string.Join(", ", Kinds)}");
        }

        IfevalParameters read = new(kind, parameters);
        return new IfevalInstruction(kind, build(read), read.Note);
    }
}
