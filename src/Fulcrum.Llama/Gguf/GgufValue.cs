namespace Fulcrum.Llama.Gguf;

/// <summary>The kinds of a metadata value, with the numbers of the file format (gguf.h, <c>gguf_type</c>).</summary>
internal enum GgufKind : uint
{
    U8 = 0,
    I8 = 1,
    U16 = 2,
    I16 = 3,
    U32 = 4,
    I32 = 5,
    F32 = 6,
    Bool = 7,
    String = 8,
    Array = 9,
    U64 = 10,
    I64 = 11,
    F64 = 12,
}

/// <summary>A metadata value with its kind. Readers require the exact kind.</summary>
/// <param name="Kind">The kind; for an array the kind of its elements.</param>
/// <param name="Content">A number, a text, a bool, or for an array a .NET array of these.</param>
internal sealed record GgufValue(GgufKind Kind, object Content)
{
    /// <summary>Whether the value is an array.</summary>
    public bool IsArray => Content is Array;

    /// <summary>Returns a text.</summary>
    public static GgufValue Of(string text) => new(GgufKind.String, text);

    /// <summary>Returns a truth value.</summary>
    public static GgufValue Of(bool flag) => new(GgufKind.Bool, flag);

    /// <summary>Returns a number of 32 bits.</summary>
    public static GgufValue Of(float number) => new(GgufKind.F32, number);

    /// <summary>Returns a count of 32 bits without a sign.</summary>
    /// <exception cref="OverflowException">The count does not fit.</exception>
    public static GgufValue Count(long number) => new(GgufKind.U32, checked((uint)number));

    /// <summary>Returns an array of texts.</summary>
    public static GgufValue Of(string[] texts) => new(GgufKind.String, texts);

    /// <summary>Returns an array of whole numbers.</summary>
    public static GgufValue Of(int[] numbers) => new(GgufKind.I32, numbers);

    /// <summary>Returns an array of numbers.</summary>
    public static GgufValue Of(float[] numbers) => new(GgufKind.F32, numbers);

    /// <summary>The kind for messages: <c>u32</c>, <c>array of string</c>.</summary>
    public string KindName => (IsArray ? "array of " : "") + Kind.ToString().ToLowerInvariant();
}

/// <summary>A tensor in the header of a file.</summary>
/// <param name="Sizes">Elements per dimension. The contiguous dimension is first.</param>
/// <param name="Offset">Bytes from the start of the tensor data.</param>
/// <param name="Bytes">Size of the tensor's data.</param>
internal sealed record GgufTensor(string Name, long[] Sizes, GgufType Type, long Offset, long Bytes)
{
    /// <summary>Number of elements.</summary>
    public long Elements => Sizes.Aggregate(1L, (n, size) => n * size);
}
