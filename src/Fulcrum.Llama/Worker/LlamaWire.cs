namespace Fulcrum.Llama.Worker;

/// <summary>An operation that the parent requests of a worker: one byte before the arguments.</summary>
internal enum LlamaOperation : byte
{
    /// <summary>Opens a model file.</summary>
    Open = 1,

    /// <summary>Allocates the KV cache.</summary>
    Allocate,

    /// <summary>Empties the KV cache. Has no reply.</summary>
    Clear,

    /// <summary>Adds the first tokens of a sequence to another one in the KV cache. Has no reply.</summary>
    Share,

    /// <summary>Removes a sequence from the KV cache. Has no reply.</summary>
    Remove,

    /// <summary>Computes a batch.</summary>
    Decode,

    /// <summary>Tokenises a text.</summary>
    Tokenize,

    /// <summary>Quantises a file.</summary>
    Quantize,

    /// <summary>Dequantises rows.</summary>
    Dequantize,
}

/// <summary>Writes batches, answers and arrays to the pipe between parent and worker, and reads them. Both sides are
/// the same build, so the format needs no versions.</summary>
internal static class LlamaWire
{
    /// <summary>The first text that a worker sends. The parent refuses a process that sends another one.</summary>
    public const string Greeting = "fulcrum llama worker 1";

    /// <summary>Marks a reply that follows, or a refusal with its reason.</summary>
    public const byte Done = 1,
        Refused = 2;

    private const int LongestArray = 1 << 28;

    /// <summary>Writes a batch.</summary>
    public static void Write(BinaryWriter to, IReadOnlyList<BatchToken> tokens)
    {
        to.Write(tokens.Count);
        foreach (BatchToken token in tokens)
        {
            to.Write(token.Id);
            to.Write(token.Position);
            Write(to, token.Sequences);
            to.Write(token.Question is not null);
            if (token.Question is { } question)
            {
                Write(to, question.Tokens);
                to.Write(question.Logits);
            }
        }
    }

    /// <summary>Reads a batch.</summary>
    public static BatchToken[] ReadTokens(BinaryReader from)
    {
        BatchToken[] tokens = new BatchToken[Length(from)];
        for (int i = 0; i < tokens.Length; i++)
        {
            tokens[i] = new BatchToken(
                from.ReadInt32(),
                from.ReadInt32(),
                ReadInts(from),
                from.ReadBoolean() ? new TokenQuestion(ReadInts(from), from.ReadBoolean()) : null
            );
        }

        return tokens;
    }

    /// <summary>Writes answers.</summary>
    public static void Write(BinaryWriter to, IReadOnlyList<TokenAnswer> answers)
    {
        to.Write(answers.Count);
        foreach (TokenAnswer answer in answers)
        {
            Write(to, answer.LogLikelihoods);
            to.Write(answer.Best);
            to.Write(answer.BestLogLikelihood);
            Write(to, answer.Logits);
        }
    }

    /// <summary>Reads answers.</summary>
    public static TokenAnswer[] ReadAnswers(BinaryReader from)
    {
        TokenAnswer[] answers = new TokenAnswer[Length(from)];
        for (int i = 0; i < answers.Length; i++)
        {
            answers[i] = new TokenAnswer(
                ReadArray<double>(from),
                from.ReadInt32(),
                from.ReadDouble(),
                ReadArray<float>(from)
            );
        }

        return answers;
    }

    /// <summary>Writes an array of numbers with its length.</summary>
    public static void Write<T>(BinaryWriter to, T[] values)
        where T : unmanaged
    {
        to.Write(values.Length);
        to.Write(System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.AsSpan()));
    }

    /// <summary>Reads an array of numbers with its length.</summary>
    /// <exception cref="EndOfStreamException">The other side has ended or sends invalid data.</exception>
    public static T[] ReadArray<T>(BinaryReader from)
        where T : unmanaged
    {
        T[] values = new T[Length(from)];
        from.BaseStream.ReadExactly(System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.AsSpan()));
        return values;
    }

    /// <summary>Reads an array of numbers.</summary>
    public static int[] ReadInts(BinaryReader from) => ReadArray<int>(from);

    private static int Length(BinaryReader from) =>
        from.ReadInt32() is >= 0 and <= LongestArray and var length ? length : throw new EndOfStreamException();
}
