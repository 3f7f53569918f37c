namespace Fulcrum.Templates;

/// <summary>The variable <c>loop</c> inside a loop.</summary>
/// <param name="recurse">Runs the loop's body over other items, one level deeper; null if the loop is not
/// recursive.</param>
internal sealed class TemplateLoop(IReadOnlyList<object?> items, int depth, TemplateFunction? recurse)
{
    private List<object?>? last;

    /// <summary>From 0.</summary>
    public int Index { get; set; }

    public TemplateFunction? Recurse => recurse;

    /// <summary>Returns an attribute; undefined if there is none of that name.</summary>
    public object? Member(string name) =>
        name switch
        {
            "index" => Index + 1L,
            "index0" => (long)Index,
            "revindex" => (long)(items.Count - Index),
            "revindex0" => (long)(items.Count - Index - 1),
            "first" => Index == 0,
            "last" => Index == items.Count - 1,
            "length" => (long)items.Count,
            "depth" => depth + 1L,
            "depth0" => (long)depth,
            "previtem" => Index > 0 ? items[Index - 1] : new TemplateUndefined("there is no previous item"),
            "nextitem" => Index + 1 < items.Count ? items[Index + 1] : new TemplateUndefined("there is no next item"),
            "cycle" => (TemplateFunction)(
                (p, _, line) =>
                    p.Count > 0 ? p[Index % p.Count] : throw TemplateText.Error(line, "no items for cycling given")
            ),
            "changed" => (TemplateFunction)((p, _, _) => Changed(p)),
            _ => new TemplateUndefined(
                $"'jinja2.runtime.LoopContext object' has no attribute {TemplateText.Quote(name)}"
            ),
        };

    private bool Changed(IReadOnlyList<object?> values)
    {
        bool same = last is not null && TemplateValues.AreEqual(last, values.ToList());
        last = [.. values];
        return !same;
    }
}
