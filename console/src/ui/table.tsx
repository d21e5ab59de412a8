import type { ReactNode } from "react";
import { Button } from "./button.tsx";
import { cx } from "./class-names.ts";
import { Failure, Skeleton } from "./states.tsx";

export type Column<T> = {
  key: string;
  header: ReactNode;
  /** CSS width; columns keep it whatever they hold. Without one they share the rest. */
  width?: string;
  align?: "right";
  /** The screen from which it is shown. */
  from?: "sm" | "md" | "lg";
  cell(row: T): ReactNode;
};

/** What a list query knows; `useList` makes one. */
export type ListState<T> = {
  rows: readonly T[] | undefined;
  error: unknown;
  refetch(): void;
  more?: { load(): void; busy: boolean } | undefined;
};

const FROM = { sm: "max-sm:hidden", md: "max-md:hidden", lg: "max-lg:hidden" };

type TableProps<T> = {
  label: string;
  columns: readonly Column<T>[];
  list: ListState<T>;
  rowKey(row: T): string;
  /** A link that covers the row; it gets the row's name for screen readers. */
  renderLink?: (row: T, className: string) => ReactNode;
  empty: ReactNode;
  skeletonRows?: number;
};

/** Rows with stable widths, skeletons while loading, the problem when it failed, and more by cursor. */
export function Table<T>({
  label,
  columns,
  list,
  rowKey,
  renderLink,
  empty,
  skeletonRows = 6,
}: TableProps<T>) {
  if (list.error && !list.rows) return <Failure error={list.error} onRetry={list.refetch} />;
  if (list.rows?.length === 0) return empty;
  return (
    <>
      {/* Where a narrow window cuts the table off, the keyboard scrolls it too. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <section aria-label={label} className="overflow-x-auto" tabIndex={0}>
        <table
          aria-label={label}
          aria-busy={!list.rows}
          className="w-full table-fixed border-collapse text-sm"
        >
          <colgroup>
            {columns.map((column) => (
              <col
                key={column.key}
                className={column.from && FROM[column.from]}
                style={column.width ? { width: column.width } : undefined}
              />
            ))}
          </colgroup>
          <thead>
            <tr className="h-9 border-b border-line bg-sunken/60 text-xs text-text-2">
              {columns.map((column) => (
                <th key={column.key} scope="col" className={cellClass(column, "font-medium")}>
                  {column.header}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {list.rows
              ? list.rows.map((row) => <Row key={rowKey(row)} {...{ row, columns, renderLink }} />)
              : Array.from({ length: skeletonRows }, (_, index) => (
                  <SkeletonRow key={index} columns={columns} />
                ))}
          </tbody>
        </table>
      </section>
      {list.more && (
        <div className="flex justify-center border-t border-line p-2">
          <Button size="sm" variant="ghost" busy={list.more.busy} onClick={list.more.load}>
            Load more
          </Button>
        </div>
      )}
    </>
  );
}

function Row<T>({
  row,
  columns,
  renderLink,
}: {
  row: T;
  columns: readonly Column<T>[];
  renderLink: TableProps<T>["renderLink"];
}) {
  return (
    <tr
      className={cx(
        "relative h-11 border-b border-line last:border-b-0",
        renderLink && "hover:bg-hover focus-within:bg-hover",
      )}
    >
      {columns.map((column, index) => (
        <td key={column.key} className={cellClass(column)}>
          {index === 0 && renderLink?.(row, "absolute inset-0 rounded-sm focus-visible:-outline-offset-2")}
          {column.cell(row)}
        </td>
      ))}
    </tr>
  );
}

function SkeletonRow<T>({ columns }: { columns: readonly Column<T>[] }) {
  return (
    <tr className="h-11 border-b border-line last:border-b-0">
      {columns.map((column) => (
        <td key={column.key} className={cellClass(column)}>
          <Skeleton className={cx("h-3.5 w-3/4", column.align === "right" && "ml-auto")} />
        </td>
      ))}
    </tr>
  );
}

/** A cell's main text, with what a hidden column would say below it on a phone. */
export function Stacked({ children, note }: { children: ReactNode; note: ReactNode }) {
  return (
    <>
      <span className="block truncate">{children}</span>
      <span className="block truncate text-2xs text-text-3 sm:hidden">{note}</span>
    </>
  );
}

const cellClass = (column: Pick<Column<never>, "align" | "from">, more?: string): string =>
  cx(
    "truncate px-2 first:pl-4 last:pr-4",
    // What tells rows apart stays whole on a phone, in as many lines as it takes.
    "max-sm:first:py-1 max-sm:first:[&_code]:leading-4 max-sm:first:[&_code]:whitespace-normal max-sm:first:[&_code]:wrap-anywhere",
    column.align === "right" ? "num text-right max-sm:pr-4" : "text-left",
    column.from && FROM[column.from],
    more,
  );
